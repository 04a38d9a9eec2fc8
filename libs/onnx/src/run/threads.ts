/**
 * Checks a number of threads where it is given, before any work.
 *
 * @throws {RangeError} unless it is a positive integer or left out.
 */
export function checkThreads(threads: number | undefined): void {
  if (threads === undefined || (Number.isInteger(threads) && threads >= 1)) return
  throw new RangeError(`threads must be a positive integer; got ${threads}. Leave it out for all cores.`)
}
