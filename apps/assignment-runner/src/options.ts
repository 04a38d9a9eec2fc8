import type { SamplerName } from './images/sampler-choice'
import type { PartId } from './part-id'

/** What may follow `--profile`; `auto` is full on a GPU that is fast enough, else quick. */
export const profileChoices = ['auto', 'smoke', 'quick', 'full'] as const
/** What may follow `--dataset`. */
export const datasetChoices = ['auto', 'mnist', 'fashion-mnist', 'digits'] as const
/** What may follow `--engine`. */
export const engineChoices = ['auto', 'onnx', 'webgpu', 'onnx-webgpu', 'wasm', 'node', 'node-gpu', 'cpu'] as const

/** The largest number that may follow `--threads`. */
export const mostThreads = 1024

/** How much work a run does: smoke (does it run at all), quick (minutes), full (what is handed in). */
export type Profile = Exclude<(typeof profileChoices)[number], 'auto'>

/** The command line, checked and with its defaults filled in. */
export interface RunOptions {
  /** Parts to run, in order. @defaultValue every part of the assignment that this version has */
  readonly parts: readonly PartId[]
  /** @defaultValue 'auto' */
  readonly profile: (typeof profileChoices)[number]
  /** @defaultValue 'auto' */
  readonly dataset: (typeof datasetChoices)[number]
  /** Folder that holds the data sets; it exists. `undefined` where none was given. */
  readonly dataDir: string | undefined
  /** Folder of the outputs. @defaultValue 'outputs' */
  readonly out: string
  /** @defaultValue 'auto' */
  readonly engine: (typeof engineChoices)[number]
  /** Whether the engines webgpu and onnx-webgpu may take an adapter that computes on the processor. @defaultValue false */
  readonly allowSoftwareAdapter: boolean
  /** Threads of the engine onnx; bits depend on it. `undefined` where none was given: one for each core. */
  readonly threads: number | undefined
  /** Key of all randomness. @defaultValue 0 */
  readonly seed: number
  /** Text, not a number: a leading zero stays. `undefined` where none was given. */
  readonly studentId: string | undefined
  /** The sampler of images. `undefined` where none was given: each part has its own. */
  readonly sampler: SamplerName | undefined
  /** Its number of steps. `undefined` where none was given. */
  readonly steps: number | undefined
  /** Scales of the guidance above 0, at least one, ascending and without repetition; 0 is shown beside any. @defaultValue {@link defaultGammas} */
  readonly gammas: readonly number[]
  /** The class that guidance asks for, by its number or its name, or `all`; whether the data set has it is seen later. `undefined` where none was given. */
  readonly class: string | undefined
  /** Make the figure of inpainting. @defaultValue false */
  readonly inpainting: boolean
  /** Skip what an earlier run with the same configuration finished. @defaultValue false */
  readonly resume: boolean
  /** A missed bar makes exit code 3. @defaultValue false */
  readonly strict: boolean
}

/** Options that not every part reads; a {@link Part} says which of them it does. */
export type PartOption = 'dataset' | 'dataDir' | 'studentId' | 'sampler' | 'steps' | 'gammas' | 'class' | 'inpainting'

/** Those of them that decide how a trained model is sampled, and not how it is trained. */
export const samplingOptions: readonly PartOption[] = ['sampler', 'steps', 'gammas', 'class', 'inpainting']

/** The scales of the guidance where none are given. */
export const defaultGammas: readonly number[] = [0.5, 1, 2, 5]

/** How an option is written on the command line. */
export const flagOf = {
  parts: '--parts',
  profile: '--profile',
  dataset: '--dataset',
  dataDir: '--data-dir',
  out: '--out',
  engine: '--engine',
  allowSoftwareAdapter: '--allow-software-adapter',
  threads: '--threads',
  seed: '--seed',
  studentId: '--student-id',
  sampler: '--sampler',
  steps: '--steps',
  gammas: '--gammas',
  class: '--class',
  inpainting: '--inpainting',
  resume: '--resume',
  strict: '--strict',
} as const satisfies Record<keyof RunOptions, string>
