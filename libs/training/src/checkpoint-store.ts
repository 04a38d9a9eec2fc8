import fs from 'node:fs/promises'
import { join } from 'node:path'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { removeLeftovers, writeAtomically } from './atomic-write'
import { CheckpointError, fileSystemCause } from './checkpoint-error'
import { encodeCheckpoint, readCheckpoint, type Checkpoint } from './checkpoint-file'
import { readScore } from './checkpoint-score'
import type { TrainingState } from './training-state'

/** Settings of {@link checkpointStore}. */
export interface CheckpointStoreOptions {
  /** Where the checkpoints lie; made by the first save. One run to a folder, and one process at a time that saves there. */
  readonly folder: string
  /** How many of the newest are kept, besides the best one. @defaultValue 3 */
  readonly keep?: number
}

/** Settings of one save. */
export interface SaveOptions {
  /** How good the weights are, less being better, such as a loss on held-out data. @defaultValue the state's `meanLoss` */
  readonly score?: number
}

/** A checkpoint's place in its folder. */
export interface CheckpointPlace {
  /** Its file, `step-00000400.safetensors` in the store's folder. */
  readonly path: string
  /** The steps that its state has made. */
  readonly step: number
}

/** The checkpoints of one run in one folder, a file each. */
export interface CheckpointStore {
  /** Where they lie. */
  readonly folder: string
  /**
   * Saves a state: whole under its name, or not at all. Then removes what is neither among the newest nor the best, and what
   * killed writes left. Saves wait for each other.
   *
   * @param state - from a snapshot; borrowed
   * @returns where it lies
   * @throws InvalidArgumentError for a state that is not finite or has made no step; CheckpointError naming the file where it cannot be written (a full
   * disk: what was saved before is whole), where an old one cannot be removed, and where the folder holds a later step, which belongs to
   * another run.
   */
  save(state: TrainingState, options?: SaveOptions): Promise<CheckpointPlace>
  /**
   * What there is, by ascending step; files are listed and not read.
   *
   * @throws CheckpointError for a folder that cannot be listed; one that does not exist holds none.
   */
  list(): Promise<readonly CheckpointPlace[]>
  /**
   * The checkpoint with the most steps, which is what a run goes on from.
   *
   * @returns `undefined` where there is none
   * @throws CheckpointError naming the file if that one is damaged: it never falls back unasked.
   */
  latest(): Promise<Checkpoint | undefined>
  /**
   * The checkpoint with the least score; the latest of several.
   *
   * @returns `undefined` where there is none
   * @throws CheckpointError naming the first file that is damaged.
   */
  best(): Promise<Checkpoint | undefined>
}

/**
 * A folder of checkpoints: atomic writes, the newest few and the best kept.
 *
 * @returns the store, which touches the disk only when it is asked to
 * @throws InvalidArgumentError unless keep is an integer of at least 1 and the folder has a name.
 */
export function checkpointStore({ folder, keep = 3 }: CheckpointStoreOptions): CheckpointStore {
  if (folder === '') throw new InvalidArgumentError('folder', folder, 'the path of a folder')
  if (!(Number.isSafeInteger(keep) && keep >= 1)) throw new InvalidArgumentError('keep', keep, 'an integer of at least 1')
  const scores = new Map<string, number>() // of files in this folder whose headers were read or written

  const scoreOf = async ({ path }: CheckpointPlace): Promise<number> => {
    const score = scores.get(path) ?? (await readScore(path))
    scores.set(path, score)
    return score
  }

  async function save(state: TrainingState, { score = state.meanLoss }: SaveOptions): Promise<CheckpointPlace> {
    const saved = { path: join(folder, fileName(state.step)), step: state.step }
    const bytes = encodeCheckpoint(state, score)
    const later = (await places(folder)).find(({ step }) => step > state.step)
    if (later !== undefined) {
      throw new CheckpointError(later.path, `is of a later step than the ${state.step} to be saved beside it; remove it, or save in a folder of its own.`)
    }
    await removeLeftovers(folder, (name) => stepOf(name) !== undefined).catch(ignoreMissing)
    await writeAtomically(saved.path, bytes)
    scores.set(saved.path, score)
    await prune()
    return saved
  }

  async function prune(): Promise<void> {
    const all = await places(folder)
    const old = all.slice(0, -keep)
    if (old.length === 0) return
    const kept = leastOf(await Promise.all(all.map((place) => scoreOf(place).catch(() => Infinity)))) // a damaged one is never the best
    await Promise.all(old.filter((_, i) => i !== kept).map(remove))
  }

  async function remove({ path }: CheckpointPlace): Promise<void> {
    scores.delete(path)
    await fs.rm(path, { force: true }).catch((error: unknown) => {
      throw new CheckpointError(path, `is no longer needed and cannot be removed: ${fileSystemCause(error)}. The new checkpoint is saved.`, error)
    })
  }

  let queue: Promise<unknown> = Promise.resolve()
  return Object.freeze<CheckpointStore>({
    folder,
    list: () => places(folder),
    save(state, options = {}) {
      const saved = queue.then(() => save(state, options))
      queue = saved.catch(() => undefined)
      return saved
    },
    async latest() {
      const last = (await places(folder)).at(-1)
      return last && readCheckpoint(last.path)
    },
    async best() {
      const all = await places(folder)
      const scored = await Promise.all(all.map(({ path }) => readScore(path)))
      return all.length === 0 ? undefined : readCheckpoint(all[leastOf(scored)].path)
    },
  })
}

const fileName = (step: number): string => `step-${String(step).padStart(8, '0')}.safetensors`

const stepOf = (name: string): number | undefined => {
  const digits = /^step-(\d{8,})\.safetensors$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** The checkpoints in a folder, by ascending step. */
async function places(folder: string): Promise<readonly CheckpointPlace[]> {
  const names = await fs.readdir(folder).catch(ignoreMissing).catch((error: unknown) => {
    throw new CheckpointError(folder, `cannot be listed: ${fileSystemCause(error)}.`, error)
  })
  return names
    .flatMap((name) => {
      const step = stepOf(name)
      return step === undefined ? [] : [{ path: join(folder, name), step }]
    })
    .sort((a, b) => a.step - b.step)
}

/** No folder yet: nothing in it. */
function ignoreMissing(error: unknown): string[] {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
  throw error
}

/** Index of the least number, the last of several. */
const leastOf = (scores: readonly number[]): number => scores.reduce((least, score, i) => (score <= scores[least] ? i : least), 0)
