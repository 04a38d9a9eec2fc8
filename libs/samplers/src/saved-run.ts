import { InvalidArgumentError, ShapeError, type HostState, type SamplerState, type VectorSpace } from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { version } from '../package.json'
import { lastStepOf, type SampleRun } from './sample-run'

/**
 * A run after one of its steps: all that is needed to go on, and to see that what goes on is the same run. Plain numbers, texts and
 * arrays, so that structured clone takes it (a worker, IndexedDB); {@link encodeSavedRun} makes bytes of it.
 */
export interface SavedRun {
  /** The version of this library that made it. */
  readonly version: string
  /** The sampler's name. */
  readonly sampler: string
  /** The sampler's settings by name, as text. */
  readonly settings: Readonly<Record<string, string>>
  /** What moved x: `forward`, `reverse` or `probability-flow`. */
  readonly dynamics: string
  /** The SDE's name. */
  readonly sde: string
  /** The SDE's α and σ at the first time of the grid, and at the last: what tells SDEs of one name apart. */
  readonly marginals: readonly number[]
  /** The space x lived in. */
  readonly space: 'tensor' | 'host'
  /** The shape of x, (batch, …). */
  readonly shape: readonly number[]
  /** The times of the whole run. */
  readonly grid: Float64Array
  /** The seed of its noise. */
  readonly seed: number
  /** The name of its noise. */
  readonly stream: string
  /** Index of the first sample. */
  readonly firstSample: number
  /** What the last step returns. */
  readonly lastStep: string
  /** Number of the step after which it was saved, from 1. */
  readonly index: number
  /** Model evaluations until then. */
  readonly evaluations: number
  /** The state after that step, in full precision: of tensors, float32 numbers as float64. */
  readonly x: HostState
  /** What the sampler remembers from step to step. */
  readonly memory: SamplerState<HostState>
}

/** A run without its initial state, which a {@link SavedRun} has in its place. */
export interface ResumedRun<X = Tensor> extends Omit<SampleRun<X>, 'x'> {
  /** The shape of x, (batch, …): what the model takes. */
  readonly shape: readonly number[]
}

/** Where a run stands. */
interface RunPosition<X> {
  /** The state; borrowed. */
  readonly x: X
  /** What the sampler remembers; borrowed. */
  readonly state: SamplerState<X>
  /** Number of the step just made. */
  readonly index: number
  /** Model evaluations so far. */
  readonly evaluations: number
}

/** Takes a run down as it stands. */
export async function saveRun<X>(run: Omit<SampleRun<X>, 'x'>, { x, state, index, evaluations }: RunPosition<X>): Promise<SavedRun> {
  const { space } = run
  const [saved, ...states] = await Promise.all([x, ...state.states].map((each) => space.toHost(each)))
  const copied = ({ data, shape }: HostState): HostState => ({ data, shape: [...shape] })
  const memory = { states: states.map(copied), numbers: [...state.numbers] }
  return { ...identity(run), marginals: marginalsOf(run), shape: [...saved.shape], grid: Float64Array.from(run.grid), index, evaluations, x: copied(saved), memory }
}

/** What makes a run that run: all of this must be the same for it to go on. */
function identity<X>(run: Omit<SampleRun<X>, 'x'>) {
  const { dynamics, sampler, space, seed, stream = 'sampler', firstSample = 0 } = run
  const settings = Object.fromEntries(Object.entries(sampler.settings ?? {}).map(([name, value]) => [name, String(value)]))
  return {
    version,
    sampler: sampler.name,
    settings,
    dynamics: dynamics.kind,
    sde: dynamics.sde.name,
    space: space.name,
    seed,
    stream,
    firstSample,
    lastStep: lastStepOf(run),
  } satisfies Partial<SavedRun>
}

const remedies: Readonly<Record<string, string>> = {
  version: 'the version of this library (install that of the saved run, or begin anew)',
  sampler: 'the sampler of this run',
  dynamics: 'the dynamics of this run',
  sde: 'the SDE of this run',
  space: 'the space of this run',
  seed: 'the seed of this run',
  stream: 'the stream of this run',
  firstSample: 'the first sample of this run',
  lastStep: 'the last step of this run',
}

/**
 * Checks that a saved run is the one that is to go on.
 *
 * @throws InvalidArgumentError naming what differs; ShapeError for states of another shape.
 */
export function checkSavedRun<X>(run: ResumedRun<X>, saved: SavedRun): void {
  const { settings, ...expected } = identity(run)
  for (const [name, value] of Object.entries(expected)) {
    const actual = saved[name as keyof typeof expected]
    if (actual !== value) throw new InvalidArgumentError(`saved.${name}`, actual, `${shown(value)}, ${remedies[name]}`)
  }
  for (const name of new Set([...Object.keys(settings), ...Object.keys(saved.settings)])) {
    if (saved.settings[name] !== settings[name]) {
      throw new InvalidArgumentError(`saved.settings.${name}`, saved.settings[name], `${shown(settings[name])}, as the sampler of this run has it`)
    }
  }
  if (!sameNumbers(saved.shape, run.shape)) throw new ShapeError('the saved state', run.shape, saved.shape)
  if (saved.grid.length !== run.grid.length) {
    throw new InvalidArgumentError('saved.grid', `a grid of ${saved.grid.length - 1} steps`, `the grid of this run, of ${run.grid.length - 1} steps`)
  }
  const differing = run.grid.findIndex((t, i) => !Object.is(t, saved.grid[i]))
  if (differing >= 0) throw new InvalidArgumentError(`saved.grid[${differing}]`, saved.grid[differing], `${run.grid[differing]}, as in the grid of this run`)
  const marginals = marginalsOf(run)
  if (!nearNumbers(marginals, saved.marginals)) {
    throw new InvalidArgumentError('saved.marginals', saved.marginals, `[${marginals.join(', ')}], α and σ of this run's SDE at both ends of its grid (its settings are others)`)
  }
  const { index, evaluations } = saved
  if (!(Number.isInteger(index) && index >= 1 && index < run.grid.length)) throw new InvalidArgumentError('saved.index', index, `a step of the grid, from 1 to ${run.grid.length - 1}`)
  if (!(Number.isSafeInteger(evaluations) && evaluations >= 0)) throw new InvalidArgumentError('saved.evaluations', evaluations, 'a count')
  if (!sameNumbers(saved.x.shape, saved.shape)) throw new ShapeError('saved.x', saved.shape, saved.x.shape)
  for (const { data, shape } of [saved.x, ...saved.memory.states]) {
    if (data.length !== shape.reduce((product, axis) => product * axis, 1)) throw new ShapeError(`a saved state of ${data.length} numbers`, 'whose product is that number', shape)
  }
}

/** α and σ at both ends of a run's grid. */
const marginalsOf = <X>({ dynamics: { sde: { schedule } }, grid }: Omit<SampleRun<X>, 'x'>): number[] =>
  [grid[0], grid[grid.length - 1]].flatMap((t) => [schedule.alpha(t), schedule.sigma(t)])

/** Whether numbers agree but for the last digits, which another engine's exponential may give. */
const nearNumbers = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) <= 1e-12 * Math.abs(value))

const sameNumbers = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((value, i) => value === b[i])

const shown = (value: string | number | undefined): string => (typeof value === 'string' ? `'${value}'` : String(value))

/** The states of a saved run in its space; what one of them fails to become frees the others. */
export function revive<X>(space: VectorSpace<X>, { memory }: SavedRun): SamplerState<X> {
  return { states: memory.states.map((state) => space.fromHost(state)), numbers: memory.numbers }
}
