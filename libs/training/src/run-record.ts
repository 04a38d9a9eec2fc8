import { InvalidArgumentError } from '@sbgm/sde-core'

/** A value that JSON can hold. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/**
 * What must stay the same when a run goes on from a saved state, in the caller's own words: the seed, the data set's checksum,
 * the batch size, the network. Plain JSON; saved with the state and compared entry by entry.
 */
export type RunRecord = { readonly [key: string]: JsonValue }

/**
 * Holds the record of a saved state against that of the run that is to go on from it; the order of keys does not count.
 *
 * @throws InvalidArgumentError naming the first entry that differs, with both values.
 */
export function checkRecord(saved: RunRecord, current: RunRecord): void {
  for (const key of new Set([...Object.keys(current), ...Object.keys(saved)])) {
    const [before, now] = [saved, current].map((record) => (Object.hasOwn(record, key) && record[key] !== undefined ? canonicalJson(record[key]) : 'absent'))
    if (before !== now) {
      throw new InvalidArgumentError(
        `record.${key}`,
        current[key],
        `${before} as in the run that the saved state is of: set it so, or start a new run in a folder of its own`,
      )
    }
  }
}

/** JSON with sorted keys, so that equal values make equal text. */
function canonicalJson(value: JsonValue): string {
  return JSON.stringify(value, (_key, entry: JsonValue) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry) ? Object.fromEntries(Object.entries(entry).sort(byKey)) : entry,
  )
}

const byKey = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)
