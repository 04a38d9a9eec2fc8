import { euler, eulerMaruyama } from '@sbgm/samplers'
import {
  fillUniform,
  forwardSde,
  hostSpace,
  probabilityFlow,
  reverseSde,
  samplePrior,
  tensorSpace,
  uniformGrid,
  type Prediction,
  type Predictor,
} from '@sbgm/sde-core'
import type { PartContext } from '../part'
import { exactMarginals, type ExactMarginals } from './exact-marginals'
import { sde, target } from './problem'
import type { Part1Settings } from './settings'
import { simulate, type Simulation } from './simulation'

/** One simulation with the learned score, and once more with the exact one from the same points with the same noise. */
export interface Pair {
  readonly learned: Simulation
  readonly exact: Simulation
}

/** Everything part 1 simulates. */
export interface Simulations {
  readonly marginals: ExactMarginals
  /** Data to noise by the SDE. */
  readonly forwardSde: Simulation
  /** Data to noise by the probability flow. */
  readonly forwardFlow: Pair
  /** Noise to data by the SDE. */
  readonly reverseSde: Pair
  /** Noise to data by the probability flow. */
  readonly reverseFlow: Pair
}

type Context = Pick<PartContext, 'seed' | 'signal' | 'progress'>

/** Simulates the forward SDE, and the flow and the reverse SDE with the learned and with the exact score. */
export async function runSimulations(settings: Part1Settings, model: Predictor<Prediction>, context: Context): Promise<Simulations> {
  const { seed, signal, progress } = context
  const { forwardPoints, points, steps } = settings
  progress.note('  exact marginals at every time of the grid')
  const marginals = await exactMarginals(uniformGrid({ from: 0, to: 1, steps }), signal)
  const space = tensorSpace
  const exactScore = target.predictor('score', space)
  const followed = followedOf(points, seed)

  const data = target.draw(space, { count: forwardPoints, seed })
  const someData = target.draw(space, { count: points, seed }) // the first of those
  const prior = samplePrior({ sde, space, shape: [points, 1], seed })
  try {
    const both = async (name: string, kind: 'flow' | 'sde', direction: 'forward' | 'reverse'): Promise<Pair> => {
      const [dynamicsOf, sampler] = kind === 'flow' ? [probabilityFlow, euler()] as const : [reverseSde, eulerMaruyama()] as const
      const run = (score: Predictor<Prediction>, label: string, paths: readonly number[]) =>
        simulate(
          { name, label, dynamics: dynamicsOf(sde, score, space), sampler, x: direction === 'forward' ? someData : prior, steps, direction, marginals, followed: paths },
          context,
        )
      return { learned: await run(model, `${name}, learned score`, followed), exact: await run(exactScore, `${name}, exact score`, followed) }
    }
    return {
      marginals,
      forwardSde: await simulate(
        { name: 'forward SDE', label: 'forward SDE', dynamics: forwardSde(sde, space), sampler: eulerMaruyama(), x: data, steps, direction: 'forward', marginals, followed },
        context,
      ),
      forwardFlow: await both('forward flow', 'flow', 'forward'),
      reverseSde: await both('reverse SDE', 'sde', 'reverse'),
      reverseFlow: await both('reverse flow', 'flow', 'reverse'),
    }
  } finally {
    space.release(data, someData, prior)
  }
}

/** One point at random on each side of 0 among those that the reverse simulations start from; the first two if all lie on one. */
function followedOf(points: number, seed: number): readonly [number, number] {
  const { data } = samplePrior({ sde, space: hostSpace, shape: [points, 1], seed })
  const draws = new Float64Array(2)
  fillUniform(draws, 2, { seed, stream: 'part1/followed', step: 0, firstSample: 0, draw: 0 })
  const sides = [-1, 1].map((side) => Array.from(data.keys()).filter((i) => data[i] * side > 0))
  const [below, above] = sides.map((indices, i) => indices[Math.floor(draws[i] * indices.length)])
  return [above ?? 0, below ?? 1]
}
