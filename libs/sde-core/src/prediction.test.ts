import { describe, expect, it } from 'vitest'
import { cosineVpSde } from './cosine-vp-sde'
import { discreteDdpm } from './discrete-ddpm'
import { edmSde } from './edm-sde'
import { conversionCoefficients, predictions, type Prediction } from './prediction'
import { subVpSde } from './sub-vp-sde'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

const sdes = [vpSde(), cosineVpSde(), subVpSde(), veSde(), edmSde(), discreteDdpm().sde]
const pairs = predictions.flatMap((from) => predictions.map((to) => [from, to] as const))

describe.each(sdes)('conversions under the $name SDE', ({ schedule, tMax }) => {
  it.each(pairs)('%s → %s gives what x_0 and ε define, at t from 1e-4 to tMax (1e-9 of the largest term)', (from, to) => {
    for (const t of [1e-4, 0.01, 0.3, 0.9, 1].map((share) => share * tMax)) {
      const [alpha, sigma, x0, noise] = [schedule.alpha(t), schedule.sigma(t), 0.7, -1.3]
      const x = alpha * x0 + sigma * noise
      const value: Record<Prediction, number> = { score: -noise / sigma, noise, data: x0, v: alpha * noise - sigma * x0 }
      const { state, prediction } = conversionCoefficients(from, to, schedule, t)
      const scale = Math.max(Math.abs(state * x), Math.abs(prediction * value[from]), Math.abs(value[to]))
      expect(Math.abs(state * x + prediction * value[from] - value[to])).toBeLessThan(1e-9 * scale)
    }
  })
})

describe('conversions at σ = 0', () => {
  const { schedule } = vpSde()
  it('are exact where no division by σ is needed: noise → data is x/α, v → noise is v/α, data from score is x/α', () => {
    const factors = (from: Prediction, to: Prediction) => {
      const { state, prediction } = conversionCoefficients(from, to, schedule, 0)
      return [state + 0, prediction + 0] // + 0: a signed zero is a zero
    }
    expect(factors('noise', 'data')).toEqual([1, 0])
    expect(factors('v', 'noise')).toEqual([0, 1])
    expect(factors('score', 'data')).toEqual([1, 0])
  })

  it('are infinite where the target does not exist: the score of a noise model', () => {
    expect(conversionCoefficients('noise', 'score', schedule, 0).prediction).toBe(-Infinity)
  })
})
