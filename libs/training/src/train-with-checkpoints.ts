import { InvalidArgumentError } from '@sbgm/sde-core'
import { CheckpointError } from './checkpoint-error'
import type { Checkpoint } from './checkpoint-file'
import type { CheckpointPlace, CheckpointStore } from './checkpoint-store'
import { NonFiniteLossError } from './non-finite-loss-error'
import { checkRecord } from './run-record'
import { train, type TrainedParameters, type TrainEvent, type TrainRun } from './train'
import { logEntry, type LogOrigin } from './training-log'
import { openTrainingLog, type TrainingLog } from './training-log-file'
import { checkState, type TrainingState } from './training-state'

/** The log of a run. */
export interface RunLog {
  /** The file, of JSON lines. */
  readonly path: string
  /** Samples per step, for the samples per second. */
  readonly batchSize: number
  /** Steps from one line to the next. @defaultValue 1 */
  readonly every?: number
}

/** A training run that saves itself. */
export interface CheckpointedRun extends Omit<TrainRun, 'from'> {
  /** Where it saves, and goes on from. */
  readonly store: CheckpointStore
  /** Steps from one checkpoint to the next; the last step is saved, too. */
  readonly every: number
  /** `latest`: go on from the latest checkpoint, if there is one; `new`: refuse a folder that holds any. @defaultValue 'latest' */
  readonly start?: 'latest' | 'new'
  /** How good a state is, less being better, asked before each save; decides which checkpoint is the best. @defaultValue its `meanLoss` */
  readonly score?: (state: TrainingState) => number | Promise<number>
  /** Where steps are written down. @defaultValue nowhere */
  readonly log?: RunLog | undefined
}

/** What such a run yields after each step. */
export interface CheckpointedEvent extends TrainEvent {
  /** The checkpoint that was saved after this step; `undefined` after most. */
  readonly saved: CheckpointPlace | undefined
}

/**
 * Trains as `train` does and saves every so many steps, so that a run that was ended in any way, by a kill even, goes on where it last saved
 * when it is started again with the same arguments: bit for bit on a deterministic backend.
 *
 * An aborted run saves the last step before it ends. The log is cut back to the step that the run goes on from, so no step stands in it
 * twice.
 *
 * @throws CheckpointError naming a checkpoint that is damaged or does not fit this run (with the first parameter or entry of `record` that
 * differs), or that cannot be written; {@link NonFiniteLossError} naming step and last good checkpoint; all that `train` throws.
 */
export async function* trainWithCheckpoints(run: CheckpointedRun): AsyncGenerator<CheckpointedEvent, TrainedParameters, void> {
  const { store, every, start = 'latest', score, log, ...training } = run
  checkCounts(run)
  const from = await startingPoint(store, start)
  if (from !== undefined) checkFit(from, run)
  const steps = train({ ...training, from: from?.state })
  const writer = log && logWriter(log, { step: from?.state.step ?? 0, seconds: from?.state.seconds ?? 0 })
  let last: string | undefined = from?.path
  const save = async ({ snapshot }: TrainEvent): Promise<CheckpointPlace> => {
    const state = await snapshot()
    const options = score === undefined ? {} : { score: await score(state) }
    await writer?.sync() // a log that lacks no step before the checkpoint, whatever ends the program
    const place = await store.save(state, options)
    last = place.path
    return place
  }
  try {
    for (;;) {
      const next = await steps.next()
      if (next.done) return next.value
      const event = next.value
      await writer?.write(event)
      const due = event.step % every === 0 || event.step === run.steps
      const saved = due ? await save(event) : undefined
      yield { ...event, saved }
      if (run.signal?.aborted && !due) await save(event)
    }
  } catch (error) {
    if (!NonFiniteLossError.isInstance(error)) throw error
    const { step, loss, gradientNorm } = error
    throw new NonFiniteLossError({ step, loss, gradientNorm, checkpoint: last })
  } finally {
    await steps.return({ params: {}, average: {} }) // frees its tensors where it has not ended
    await writer?.close()
  }
}

function checkCounts({ every, log }: CheckpointedRun): void {
  const counts = { every, 'log.every': log?.every ?? 1, 'log.batchSize': log?.batchSize ?? 1 }
  for (const [name, count] of Object.entries(counts)) {
    if (!(Number.isSafeInteger(count) && count >= 1)) throw new InvalidArgumentError(name, count, 'an integer of at least 1')
  }
}

async function startingPoint(store: CheckpointStore, start: 'latest' | 'new'): Promise<Checkpoint | undefined> {
  if (start === 'latest') return store.latest()
  const earlier = (await store.list()).at(-1)
  if (earlier === undefined) return undefined
  throw new CheckpointError(earlier.path, "is of an earlier run; go on from it with start: 'latest', or save in another folder.")
}

/** A checkpoint that does not fit is refused with its name, before anything is made or written. */
function checkFit({ path, state }: Checkpoint, { runner, record = {} }: CheckpointedRun): void {
  try {
    checkRecord(state.record, record)
    checkState(state, runner.step.layout)
  } catch (error) {
    throw new CheckpointError(path, `does not fit this run: ${error instanceof Error ? error.message : String(error)}`, error)
  }
}

interface LogWriter {
  write(event: TrainEvent): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

/** Writes down every so many steps; opens the file with the first step, when the run has proven to be in order. */
function logWriter({ path, batchSize, every = 1 }: RunLog, origin: LogOrigin): LogWriter {
  let file: TrainingLog | undefined
  let since = origin
  return {
    async write(event) {
      file ??= await openTrainingLog({ path, afterStep: origin.step })
      if (event.step % every !== 0) return
      await file.append(logEntry(event, since, batchSize))
      since = event
    },
    sync: async () => file?.sync(),
    close: async () => file?.close(),
  }
}
