import { cdfAt, type Cdf } from './sample'

/** A sample as counts in bins, and the law to compare it with. */
export interface CountsAgainstLaw {
  /** How many fell into each bin [edges[i], edges[i + 1]); length bins. */
  readonly counts: ArrayLike<number>
  /** Edges of the bins, strictly increasing, not necessarily even; length bins + 1. */
  readonly edges: ArrayLike<number>
  /** How many fell below the first edge. @defaultValue 0 */
  readonly below?: number
  /** How many fell on or above the last edge. @defaultValue 0 */
  readonly above?: number
  /** The law. */
  readonly cdf: Cdf
}

/**
 * Wasserstein-1 distance between a sample known only by its counts in bins and a law: ∫ |F_n − F| by the trapezoid rule over
 * the edges, where F_n is known exactly. For simulations that keep counts per time step instead of the states.
 *
 * Two errors, both known. (1) Inside bins: at most the width of the widest bin, since F_n and F both rise, each by 1 in all.
 * (2) Outside of the edges: mass there, of the sample and of the law, is counted at the border, so what comes back is the
 * distance of the two laws clipped to the range. It is never more than the true one plus the first error.
 *
 * @returns W₁ in units of x.
 * @throws {RangeError} if edges do not increase strictly, lengths do not fit, a count is negative or not finite, all are 0, or the CDF leaves [0, 1].
 * @example
 * wasserstein1OfCounts({ counts: [1, 1], edges: [0, 1, 2], cdf: (x) => Math.min(Math.max(x / 2, 0), 1) }) // 0
 */
export function wasserstein1OfCounts({ counts, edges, below = 0, above = 0, cdf }: CountsAgainstLaw): number {
  checkEdges(edges, counts.length)
  const total = checkedTotal([...Array.from(counts), below, above])
  let cumulative = below
  let previous = Math.abs(cumulative / total - cdfAt(cdf, edges[0] ?? 0))
  let distance = 0
  for (let bin = 0; bin < counts.length; bin++) {
    const [left, right] = [edges[bin] ?? 0, edges[bin + 1] ?? 0]
    cumulative += counts[bin] ?? 0
    const gap = Math.abs(cumulative / total - cdfAt(cdf, right))
    distance += ((right - left) * (previous + gap)) / 2
    previous = gap
  }
  return distance
}

function checkEdges(edges: ArrayLike<number>, bins: number): void {
  if (bins < 1 || edges.length !== bins + 1) {
    throw new RangeError(
      `edges must be one longer than counts, and counts not empty; got ${edges.length} edges and ${bins} counts. ` +
        'Pass both ends of every bin once.',
    )
  }
  for (let index = 0; index < edges.length; index++) {
    const [edge, next] = [edges[index] ?? NaN, edges[index + 1] ?? Infinity]
    if (!Number.isFinite(edge) || !(next > edge)) {
      throw new RangeError(`edges must be finite and increase strictly; got ${edge}, ${next} at index ${index}. Sort them and drop doubles.`)
    }
  }
}

function checkedTotal(parts: readonly number[]): number {
  const bad = parts.find((count) => !(count >= 0 && Number.isFinite(count)))
  if (bad !== undefined) throw new RangeError(`counts, below and above must be finite and not negative; got ${bad}. Pass how many fell there.`)
  const total = parts.reduce((sum, count) => sum + count, 0)
  if (total > 0) return total
  throw new RangeError('counts, below and above must not all be 0; got a total of 0. Count at least one sample.')
}
