import type { Dataset } from '@sbgm/datasets'
import type { Bar } from './bar'
import type { Compute } from './compute/compute'
import type { EngineReport } from './engine'
import type { PartOption, Profile, RunOptions } from './options'
import type { OutputFolder } from './output-folder'
import type { PartId } from './part-id'
import type { Progress } from './progress'

/** The files of a part that is done. */
export type FinishedPart = Pick<OutputFolder, 'has' | 'read'>

/** What a part is handed. */
export interface PartContext {
  /** This part's folder, `OUT/partN` or `OUT/compare`. */
  readonly folder: OutputFolder
  /** How much work to do, `auto` already decided. */
  readonly profile: Profile
  /** Key of all randomness. */
  readonly seed: number
  /**
   * The images to learn from.
   *
   * @throws {Error} unless the part {@link Part.reads} `dataset`.
   */
  dataset(): Dataset
  /** The folder of the networks that judge images, which several parts use: `OUT/judges`. */
  readonly judges: OutputFolder
  /**
   * The folder of another part, to read from, where this very run or an earlier one of the same configuration and versions has
   * completed it in OUT and its files are whole.
   */
  finished(part: PartId): FinishedPart | undefined
  /** What computes; its backend is the active one. */
  readonly engine: EngineReport
  /** How it trains and evaluates networks: all networks of a part go through it. */
  readonly compute: Compute
  /** The whole command line. */
  readonly options: RunOptions
  /**
   * Whether the part goes on from an earlier run of the same configuration and versions: then `folder.has` knows its files that
   * are whole. What else lies in the folder is to be used only then.
   */
  readonly resume: boolean
  /** Aborted when the run is to end. It is seen only by a part that returns to the event loop: every 200 ms, or after each indivisible step. */
  readonly signal: AbortSignal
  /** Where to say what is going on. */
  readonly progress: Progress
}

/** What a part found out. The shell writes it to `metrics.json` in the part's folder. */
export interface PartResult {
  /** Figures beside the bars; numbers, texts, lists, records, typed arrays. */
  readonly metrics: Record<string, unknown>
  /** The part's promises, kept or missed. */
  readonly bars: readonly Bar[]
}

/** One part of the assignment, or what goes beyond it. */
export interface Part {
  readonly id: PartId
  readonly title: string
  /**
   * Options that this part reads beside seed, profile and engine; another value of one of them makes it another run.
   * @defaultValue none
   */
  readonly reads?: readonly PartOption[]
  /**
   * Files in its folder, by name, on which `--sampler` and `--steps` have no bearing, such as trained networks: where nothing else differs
   * from an earlier run, `--resume` goes on from these, and replaces all others.
   * @defaultValue none
   */
  readonly trained?: readonly string[]
  /**
   * Refuses options that do not fit the images, and what lies in OUT that the part could not go on with, before any part of the run works.
   *
   * @throws {UsageError} or {RunError}, one line.
   * @defaultValue all is taken
   */
  readonly check?: (options: RunOptions, data: Dataset | undefined) => void
  /**
   * Does the work; resolves when every file is written. On abort it throws `signal.reason`, or returns: either way
   * the part counts as interrupted.
   */
  run(context: PartContext): Promise<PartResult>
}
