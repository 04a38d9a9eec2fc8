/** Rows of `size` numbers summarised in segments, two numbers for each. */
export interface SummaryLayout {
  readonly size: number
  /** Numbers in a segment; the last may be shorter. */
  readonly segment: number
  /** Numbers in a summary, a multiple of 4; those past the last segment are 0. */
  readonly width: number
}

/** Segments of half a row of pixels or so: long enough to save time, short enough to tell images apart. */
export function summaryLayout(size: number): SummaryLayout {
  const segment = Math.max(4, Math.min(28, Math.round(Math.sqrt(size) / 2)))
  return { size, segment, width: 4 * Math.ceil(size / segment / 2) }
}

/**
 * Per segment √n times its mean and the root of its squared deviations. The distance of two such summaries is at most that of the
 * rows, since means and deviations are orthogonal and the norms of deviations obey the triangle inequality.
 *
 * @returns the norm of the row.
 */
export function summarise(row: Float64Array, { size, segment }: SummaryLayout, into: Float32Array, at: number): number {
  let total = 0
  for (let start = 0; start < size; start += segment, at += 2) {
    const end = Math.min(size, start + segment)
    let sum = 0, squares = 0
    for (let i = start; i < end; i++) sum += row[i]
    const mean = sum / (end - start)
    for (let i = start; i < end; i++) squares += (row[i] - mean) ** 2
    into[at] = mean * Math.sqrt(end - start)
    into[at + 1] = Math.sqrt(squares)
    total += sum * mean + squares
  }
  return Math.sqrt(total)
}

/** Squared distances from one summary to all of them, into `bounds`. @returns the index of the least. */
export function boundsTo(summary: Float32Array, summaries: Float32Array, bounds: Float64Array): number {
  const width = summary.length
  let nearest = 0
  for (let index = 0; index < bounds.length; index++) {
    let a = 0, b = 0, c = 0, d = 0
    for (let i = 0, at = index * width; i < width; i += 4, at += 4) {
      const e = summary[i] - summaries[at]
      const f = summary[i + 1] - summaries[at + 1]
      const g = summary[i + 2] - summaries[at + 2]
      const h = summary[i + 3] - summaries[at + 3]
      a += e * e
      b += f * f
      c += g * g
      d += h * h
    }
    bounds[index] = a + b + (c + d)
    if (bounds[index] < bounds[nearest]) nearest = index
  }
  return nearest
}
