import { wasserstein1OfCounts } from '@sbgm/evaluation'
import { record, recordHistogram, recordTrajectories } from '@sbgm/samplers'
import { tensorSpace, uniformGrid, type Dynamics, type Sampler } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import type { PartContext } from '../part'
import { breather } from '../breather'
import { fineBins, shownBins, shownCounts, type ExactMarginals } from './exact-marginals'

/** What is simulated. */
export interface SimulationOptions {
  /** The name of its noise. */
  readonly name: string
  /** Its name in the progress. */
  readonly label: string
  readonly dynamics: Dynamics
  readonly sampler: Sampler
  /** The points at the first time, shape (points, 1); borrowed. */
  readonly x: Tensor
  readonly steps: number
  /** From t = 0 to 1, or back. */
  readonly direction: 'forward' | 'reverse'
  /** The exact law at the times of the grid, in increasing order. */
  readonly marginals: ExactMarginals
  /** Points whose paths are kept. */
  readonly followed?: readonly number[]
}

/** What came of it; all arrays in the order of increasing time. */
export interface Simulation {
  /** The grid's times. */
  readonly times: Float64Array
  /** Histogram per time, (times × bins,), column after column. */
  readonly counts: Uint32Array
  /** Wasserstein-1 distance to the exact marginal per time. */
  readonly distances: Float64Array
  /** Paths of the followed points, in the order of integration. */
  readonly paths: readonly { readonly times: readonly number[]; readonly values: readonly number[] }[]
  /** The points at the end. */
  readonly end: Float64Array
}

/** Runs a simulation, counting the points at every time instead of keeping them. */
export async function simulate(options: SimulationOptions, { seed, signal, progress }: Pick<PartContext, 'seed' | 'signal' | 'progress'>): Promise<Simulation> {
  const { name, label, dynamics, sampler, x, steps, direction, marginals, followed = [] } = options
  const stage = progress.stage(label, steps)
  const breathe = breather()
  const histogram = recordHistogram(fineBins)
  const trajectories = recordTrajectories(followed)
  const [from, to] = direction === 'forward' ? [0, 1] : [1, 0]
  const last = await record({
    dynamics,
    sampler,
    grid: uniformGrid({ from, to, steps }),
    space: tensorSpace,
    x,
    seed,
    stream: `part1/${name}`,
    recorders: [histogram, trajectories],
    signal,
    async onStep({ index }) {
      stage.advance(index)
      await breathe()
    },
  })
  const { data: end } = await tensorSpace.toHost(last)
  last.dispose()

  const columns = direction === 'forward' ? [...histogram.histograms] : [...histogram.histograms].reverse()
  const counts = new Uint32Array(columns.length * shownBins)
  const distances = new Float64Array(columns.length)
  for (const [i, column] of columns.entries()) {
    counts.set(shownCounts(column.counts), i * shownBins)
    distances[i] = wasserstein1OfCounts({ ...column, edges: histogram.edges, cdf: marginals.cdf(i) })
    await breathe()
    signal.throwIfAborted()
  }
  stage.end(`largest W1 ${Math.max(...distances).toFixed(3)}`)
  return {
    times: Float64Array.from(columns, ({ t }) => t),
    counts,
    distances,
    paths: trajectories.paths.map((path) => ({ times: [...trajectories.times], values: path.map(([value]) => value) })),
    end,
  }
}
