import { checkFinite, checkIncreasing, checkLength, checkPositive } from './input-checks'

/** Options of {@link densityColumns}. */
export interface DensityColumnsOptions {
  /** Counts of a histogram per column, (columns × bins,), column after column. */
  readonly counts: ArrayLike<number>
  /** Borders of the bins, (bins + 1,), strictly increasing. */
  readonly edges: ArrayLike<number>
  /** How many points each column was made from, those outside the edges included. */
  readonly total: number
}

/**
 * Histogram counts as probability density, count / (total · bin width), column by column, so that columns made from
 * different numbers of points share one colour scale.
 *
 * @returns a new array (columns × bins,); a column sums to 1 over bin widths when no point fell outside the edges.
 * @throws {RangeError} when edges do not increase, the counts do not fill whole columns, or total is not positive.
 */
export function densityColumns({ counts, edges, total }: DensityColumnsOptions): Float64Array {
  checkIncreasing('edges', edges)
  checkPositive('total', total)
  checkFinite('counts', counts)
  const bins = edges.length - 1
  const columns = Math.max(1, Math.round(counts.length / bins))
  checkLength('counts', counts, columns * bins, `whole columns of ${bins} bins: ${columns} × ${bins}`, 'Store the bins column after column.')
  return Float64Array.from(counts, (count, i) => count / (total * (edges[(i % bins) + 1] - edges[i % bins])))
}

/**
 * Borders half way between neighbouring centres, the outermost as far out as the next one is in; for columns recorded at times.
 *
 * @returns a new array with one entry more than `centres`.
 * @throws {RangeError} when there are fewer than two centres or they do not increase strictly.
 */
export function edgesAround(centres: ArrayLike<number>): Float64Array {
  checkIncreasing('centres', centres)
  const last = centres.length - 1
  const at = (i: number): number => i < 0 ? 2 * centres[0] - centres[1] : i > last ? 2 * centres[last] - centres[last - 1] : centres[i]
  return Float64Array.from({ length: last + 2 }, (_, i) => (at(i - 1) + at(i)) / 2)
}

/**
 * Borders of `count` equally wide bins.
 *
 * @returns a new array (count + 1,).
 * @throws {RangeError} unless from < to and count is a positive integer.
 */
export function evenEdges({ from, to, count }: { readonly from: number; readonly to: number; readonly count: number }): Float64Array {
  if (!(Number.isInteger(count) && count > 0)) throw new RangeError(`count must be a positive integer; got ${count}. Name the number of bins.`)
  if (!(Number.isFinite(from) && Number.isFinite(to) && from < to)) {
    throw new RangeError(`from must be less than to, both finite; got ${from} and ${to}. Give the lower border first.`)
  }
  return Float64Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count)
}
