import { UsageError } from '../errors'

/** One of `of` parts of a whole run of images, by its number from 0. */
export interface Shard {
  readonly index: number
  readonly of: number
}

/** The run in one go. */
export const wholeRun: Shard = { index: 0, of: 1 }

/** More than any cluster starts, and few enough that `index · count` is a safe integer. */
const mostShards = 1_000_000

/** `i/n` with i from 0 to n − 1. */
export function readShard(flag: string, given: string): Shard {
  const [, index, of] = (/^([0-9]{1,9})\/([0-9]{1,9})$/.exec(given) ?? []).map(Number)
  if (index < of && of <= mostShards) return { index, of }
  const rule = of >= 1 && of <= mostShards ? `i/${of} with i from 0 to ${of - 1}` : `i/n with n from 1 to ${mostShards} and i from 0 to n - 1, such as 0/3`
  throw new UsageError(`${flag} must be ${rule}; got '${given}'.`)
}

/**
 * The images of a shard: a run of neighbours, and the shards' sizes differ by one at most.
 *
 * @returns number of its first image, and how many it has, maybe none
 */
export function rangeOf({ index, of }: Shard, count: number): { readonly first: number; readonly count: number } {
  const start = (shard: number) => Math.floor((shard * count) / of)
  return { first: start(index), count: start(index + 1) - start(index) }
}
