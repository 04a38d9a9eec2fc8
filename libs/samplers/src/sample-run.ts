import { InvalidArgumentError, ShapeError, timeGrid, type Constraint, type Dynamics, type Sampler, type TimeGrid, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'

/** One simulation: what moves, how, when, where, from which state, with which noise. */
export interface SampleRun<X = Tensor> {
  /** The forward SDE, the reverse SDE or the probability flow. */
  readonly dynamics: Dynamics<X>
  /** The method. */
  readonly sampler: Sampler<X>
  /** The times, inside [0, tMax]; downwards for a reverse SDE, upwards for a forward one, either way for the flow. */
  readonly grid: TimeGrid
  /** The space x lives in. */
  readonly space: VectorSpace<X>
  /** The state at the grid's first time, shape (batch, …); borrowed. */
  readonly x: X
  /** Chooses the noise: a non-negative integer. */
  readonly seed: number
  /** Name of the noise: runs of one seed with other names see independent noise. @defaultValue 'sampler' */
  readonly stream?: string
  /** Index of the first sample, so that a part of a batch sees the noise it sees in the whole. @defaultValue 0 */
  readonly firstSample?: number
  /**
   * What the last step returns: `mean`, without its noise; `sample`, with it; `tweedie`, the denoised E[x_0 | x] of the
   * latter, for one more evaluation.
   * @defaultValue 'mean' for reverse SDEs, else 'sample'
   */
  readonly lastStep?: 'mean' | 'sample' | 'tweedie'
  /** Applied after every update, at the update's time; to a `tweedie` estimate at time 0. @defaultValue none */
  readonly constraint?: Constraint<X>
  /** Stops the run between steps. */
  readonly signal?: AbortSignal
}

type LastStep = NonNullable<SampleRun['lastStep']>

/** The run's `lastStep` or its default. */
export const lastStepOf = <X>({ lastStep, dynamics }: Pick<SampleRun<X>, 'lastStep' | 'dynamics'>): LastStep =>
  lastStep ?? (dynamics.kind === 'reverse' ? 'mean' : 'sample')

/** Checks a run before any work is done; throws what the doc of `sample` lists. */
export function checkRun<X>(run: SampleRun<X>): void {
  run.signal?.throwIfAborted()
  const shape: readonly number[] | undefined = run.space.shape(run.x)
  if (!Array.isArray(shape)) throw new InvalidArgumentError('x', run.x, `a state of the ${run.space.name} space, shape (batch, …)`)
  checkRunOf(run, shape)
}

/** {@link checkRun} of a run whose state has this shape. */
export function checkRunOf<X>(run: Omit<SampleRun<X>, 'x'>, shape: readonly number[]): void {
  const { dynamics, grid, seed, stream, firstSample = 0, signal } = run
  signal?.throwIfAborted()
  if (shape.length < 2 || shape[0] < 1) throw new ShapeError('the initial state', '(batch, …), at least (batch, 1)', shape)
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new InvalidArgumentError('seed', seed, 'a non-negative safe integer')
  if (stream === '') throw new InvalidArgumentError('stream', stream, 'a name that is not empty')
  if (!(Number.isInteger(firstSample) && firstSample >= 0 && firstSample + shape[0] <= 2 ** 32)) {
    throw new InvalidArgumentError('firstSample', firstSample, `an integer from 0 to 2^32 - ${shape[0]}`)
  }
  timeGrid(grid) // its brand says that a builder made it; plain JavaScript may hand over anything
  const { tMax } = dynamics.sde
  const [first, last] = [grid[0], grid[grid.length - 1]]
  if (!(Math.max(first, last) <= tMax)) {
    throw new InvalidArgumentError('grid', Math.max(first, last), `inside [0, ${tMax}], the times of the ${dynamics.sde.name} SDE`)
  }
  const needed = { forward: 'increasing', reverse: 'decreasing', 'probability-flow': undefined }[dynamics.kind]
  const direction = last > first ? 'increasing' : 'decreasing'
  if (needed && needed !== direction) throw new InvalidArgumentError('grid', grid, `${needed} in t for a ${dynamics.kind} SDE`)
  checkLastStep(lastStepOf(run), dynamics.model !== undefined)
}

function checkLastStep(lastStep: LastStep, hasModel: boolean): void {
  if (!['mean', 'sample', 'tweedie'].includes(lastStep)) throw new InvalidArgumentError('lastStep', lastStep, "'mean', 'sample' or 'tweedie'")
  if (lastStep === 'tweedie' && !hasModel) throw new InvalidArgumentError('lastStep', lastStep, "'mean' or 'sample' for dynamics without a model")
}
