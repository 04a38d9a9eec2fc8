import { InvalidArgumentError } from '@sbgm/sde-core'
import { permutation } from './permutation'

/** Settings of {@link shuffledBatches}. */
export interface ShuffledBatchesOptions {
  /** Number of images in the set, an integer ≥ 1. */
  readonly count: number
  /** Images per batch, the same for each; at most `count`. */
  readonly batchSize: number
  /** The run's seed, an integer ≥ 0. */
  readonly seed: number
  /** Name of the stream of the order; two loaders of one run take two. @defaultValue 'batches' */
  readonly stream?: string
}

/** Where a run stands in its data: a plain object, to be saved with a checkpoint. */
export interface BatchCursor {
  /** How many whole passes over the set came before, from 0. */
  readonly epoch: number
  /** The batch within the epoch, from 0. */
  readonly batch: number
}

/** The order in which a run sees a set. All of it is a function of the step's number, so a resumed run sees what an unbroken one sees. */
export interface ShuffledBatches {
  /** Images per batch. */
  readonly batchSize: number
  /** Whole batches in one pass, ⌊count / batchSize⌋; the images left over are dropped, others in each epoch. */
  readonly batchesPerEpoch: number
  /**
   * The indices of a step's batch, shape (batchSize,); new, the caller's own.
   *
   * @throws InvalidArgumentError unless step is an integer of at least 1.
   */
  indicesAt(step: number): Int32Array
  /**
   * Where in the data a step stands; step 1 at epoch 0, batch 0.
   *
   * @throws InvalidArgumentError unless step is an integer of at least 1.
   */
  cursorAt(step: number): BatchCursor
  /**
   * The step that stands there: `stepAt(cursorAt(step))` is `step`.
   *
   * @throws InvalidArgumentError for a cursor with another number of batches per epoch, or none at all.
   */
  stepAt(cursor: BatchCursor): number
}

/**
 * Batches of a set in an order shuffled anew in each epoch, by a permutation that is a function of (seed, stream, epoch).
 * Batches have constant size; an image occurs at most once per epoch.
 *
 * The permutation of the epoch asked for last is kept: 4 bytes per image.
 *
 * @throws InvalidArgumentError unless count and batchSize are integers ≥ 1, batchSize ≤ count, seed an integer ≥ 0.
 * @example
 * ```ts
 * import { digits, imagesOf, shuffledBatches } from '@sbgm/datasets'
 *
 * const { train } = digits({ seed: 1, trainCount: 1000, testCount: 100 })
 * const batches = shuffledBatches({ count: train.count, batchSize: 64, seed: 1 })
 * const batch = (step: number) => ({ x: imagesOf(train, batches.indicesAt(step)) })
 * console.log(batch(16).x.shape, batches.cursorAt(16)) // [ 64, 28, 28, 1 ] { epoch: 1, batch: 0 }
 * ```
 */
export function shuffledBatches({ count, batchSize, seed, stream = 'batches' }: ShuffledBatchesOptions): ShuffledBatches {
  checkCount('count', count)
  checkCount('batchSize', batchSize)
  if (batchSize > count) {
    throw new InvalidArgumentError('batchSize', batchSize, `at most the number of images (${count}); take smaller batches or a larger set`)
  }
  if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new InvalidArgumentError('seed', seed, 'an integer of at least 0')
  if (stream === '') throw new InvalidArgumentError('stream', stream, 'a name that is not empty')
  const batchesPerEpoch = Math.floor(count / batchSize)
  let kept: { readonly epoch: number; readonly order: Int32Array } | undefined

  const orderOf = (epoch: number): Int32Array => {
    if (kept?.epoch !== epoch) kept = { epoch, order: permutation(count, { seed, stream, step: epoch }) }
    return kept.order
  }
  const cursorAt = (step: number): BatchCursor => {
    if (!(Number.isSafeInteger(step) && step >= 1)) throw new InvalidArgumentError('step', step, 'an integer of at least 1')
    return { epoch: Math.floor((step - 1) / batchesPerEpoch), batch: (step - 1) % batchesPerEpoch }
  }
  return {
    batchSize,
    batchesPerEpoch,
    indicesAt(step) {
      const { epoch, batch } = cursorAt(step)
      return orderOf(epoch).slice(batch * batchSize, (batch + 1) * batchSize)
    },
    cursorAt,
    stepAt({ epoch, batch }) {
      if (!(Number.isSafeInteger(epoch) && epoch >= 0)) throw new InvalidArgumentError('cursor.epoch', epoch, 'an integer of at least 0')
      if (!(Number.isInteger(batch) && batch >= 0 && batch < batchesPerEpoch)) {
        const rule = `an integer from 0 to ${batchesPerEpoch - 1}, for ${batchesPerEpoch} batches per epoch; was it saved with another set or batch size?`
        throw new InvalidArgumentError('cursor.batch', batch, rule)
      }
      return epoch * batchesPerEpoch + batch + 1
    },
  }
}

function checkCount(argument: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError(argument, value, 'an integer of at least 1')
}
