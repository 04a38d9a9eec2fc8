import { UsageError } from './errors'
import { nearestName } from './nearest-name'

/** One of a fixed list of names. */
export function readChoice<Name extends string>(flag: string, given: string, names: readonly Name[]): Name {
  const name = names.find((candidate) => candidate === given)
  if (name !== undefined) return name
  const nearest = nearestName(given, names)
  throw new UsageError(`${flag} must be one of ${names.join(', ')}; got '${given}'. Nearest: ${nearest}.`)
}

/** A non-negative whole number that a double holds exactly: 0 … 2^53 − 1, in decimal digits. */
export function readSeed(flag: string, given: string): number {
  const seed = Number(given)
  if (/^[0-9]+$/.test(given) && Number.isSafeInteger(seed)) return seed
  throw new UsageError(`${flag} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER}; got '${given}'.`)
}

/** A whole number from 1 to `most`, in decimal digits. */
export const readCount = (most: number) => (flag: string, given: string): number => {
  const count = Number(given)
  if (/^[0-9]+$/.test(given) && count >= 1 && count <= most) return count
  throw new UsageError(`${flag} must be a whole number from 1 to ${most}; got '${given}'.`)
}

/** A decimal number, such as 0.001 or 1e-3, within bounds that belong to it. */
export const readPositive = ({ least, most }: { readonly least: number; readonly most: number }) => (flag: string, given: string): number => {
  const value = Number(given)
  if (/^[0-9]*\.?[0-9]+(e-?[0-9]+)?$/i.test(given) && value >= least && value <= most) return value
  throw new UsageError(`${flag} must be a number from ${least} to ${most}; got '${given}'.`)
}

/** 1 to 32 characters out of A–Z a–z 0–9 _ -, kept as text so that a leading zero stays. */
export function readStudentId(flag: string, given: string): string {
  if (/^[A-Za-z0-9_-]{1,32}$/.test(given)) return given
  throw new UsageError(`${flag} must be 1 to 32 characters out of A-Z a-z 0-9 _ -; got '${given}'.`)
}

/** A number of steps: 1 … 100000, in decimal digits. */
export function readSteps(flag: string, given: string): number {
  const steps = Number(given)
  if (/^[0-9]+$/.test(given) && steps >= 1 && steps <= mostSteps) return steps
  throw new UsageError(`${flag} must be a whole number from 1 to ${mostSteps}; got '${given}'.`)
}

const mostSteps = 100_000

/**
 * Scales of a guidance separated by commas, in any order, each a finite number of at least 0 in decimal digits.
 *
 * @returns those above 0, at least one, ascending and without repetition: a 0 is no guidance, which is shown beside any.
 */
export function readGammas(flag: string, given: string): readonly number[] {
  const scales = given.split(',').map((text) => {
    const scale = /^\s*\d+(\.\d+)?(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : NaN
    if (Number.isFinite(scale)) return scale
    throw new UsageError(`${flag} must be finite numbers of at least 0, separated by commas, such as 0.5,1,2,5; got '${given}'.`)
  })
  const above = [...new Set(scales)].filter((scale) => scale > 0).sort((a, b) => a - b)
  if (above.length === 0) {
    throw new UsageError(`${flag} must name at least one number above 0, since 0 is shown beside any; got '${given}'.`)
  }
  return above
}

/** A class by its number or name, or `all`; whether there is such a class is for the data set to say. */
export function readClass(flag: string, given: string): string {
  if (given.trim() !== '') return given.trim()
  throw new UsageError(`${flag} must be the number or the name of a class, or all; got '${given}'.`)
}

/** A folder's name; only that there is one is checked here. */
export function readFolder(flag: string, given: string): string {
  if (given !== '' && !given.includes('\0')) return given
  throw new UsageError(`${flag} must name a folder; got '${given.replaceAll('\0', '\\0')}'.`)
}

/** A file's name; only that there is one is checked here. */
export function readFile(flag: string, given: string): string {
  if (given !== '' && !given.includes('\0')) return given
  throw new UsageError(`${flag} must name a file; got '${given.replaceAll('\0', '\\0')}'.`)
}

/**
 * Parts separated by commas, in any order; the answer has them in the order of `known` and without repetition.
 *
 * @param known - all that there are, in order.
 * @param existing - those that this version has.
 */
export function readParts<Part extends number | string>(
  flag: string,
  given: string,
  { known, existing }: { readonly known: readonly Part[]; readonly existing: readonly Part[] },
): readonly Part[] {
  const wanted = given.split(',').map((text) => {
    const part = known.find((candidate) => String(candidate) === text.trim())
    if (part === undefined) {
      throw new UsageError(`${flag} must be parts separated by commas, out of ${existing.join(', ')}; got '${given}'.`)
    }
    if (!existing.includes(part)) {
      throw new UsageError(`${flag} must name parts that this version has: ${existing.join(', ')}; got '${given}'.`)
    }
    return part
  })
  return known.filter((part) => wanted.includes(part))
}
