import { eulerMaruyama } from '@sbgm/samplers'
import { forwardSde, hostSpace, normalCdf, uniformGrid } from '@sbgm/sde-core'
import { momentPropagation, type ScalarMoments } from '@sbgm/sde-core/testing'
import { breather } from '../breather'
import { sde, target } from './problem'

/**
 * How far Euler–Maruyama's own law after N steps is from the exact p_1, as sup |F − F_1|: what a Kolmogorov–Smirnov
 * distance shows however many points there are. Each step is affine, so each component stays Gaussian and its mean and
 * variance follow a recursion.
 */
export async function forwardDiscretisationError(steps: number): Promise<number> {
  const components: ScalarMoments[] = []
  const breathe = breather(0)
  for (const mean of [-3, 3]) {
    const grid = uniformGrid({ from: 0, to: 1, steps })
    const initial = { mean, variance: 0.25 }
    components.push(await momentPropagation({ sampler: eulerMaruyama(), dynamics: forwardSde(sde, hostSpace), grid, initial }))
    await breathe()
  }
  const discrete = (x: number) => components.reduce((sum, { mean, variance }) => sum + 0.5 * normalCdf((x - mean) / Math.sqrt(variance)), 0)
  const grid = Float64Array.from({ length: 2001 }, (_, i) => -5 + i / 200)
  return Math.max(...grid.map((x) => Math.abs(discrete(x) - target.cdf(x, 1))))
}
