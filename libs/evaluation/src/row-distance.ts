/** What a byte is as a pixel, rounded as float32 images are, so that a copy of them is at distance 0. */
const pixels = Float64Array.from({ length: 256 }, (_, value) => Math.fround(value / 127.5 - 1))

const stretch = 56 // terms between two looks at the limit; a multiple of 4

/** Copies row `index` into an array of its length, bytes as pixels. */
export function copyRow(into: Float64Array, values: ArrayLike<number>, index: number): void {
  const start = index * into.length
  if (values instanceof Uint8Array) for (let i = 0; i < into.length; i++) into[i] = pixels[values[start + i]]
  else for (let i = 0; i < into.length; i++) into[i] = values[start + i]
}

/** The squared distance to the reference row at `start`, or something above `limit` as soon as it is certain to be that. */
export function squaredDistance(row: Float64Array, reference: ArrayLike<number>, start: number, limit: number): number {
  return reference instanceof Uint8Array ? toBytes(row, reference, start, limit) : toNumbers(row, reference, start, limit)
}

// Two loops, and four sums in each: an engine compiles each for one kind of array, and additions need not wait for one another.

function toBytes(row: Float64Array, reference: Uint8Array, start: number, limit: number): number {
  const whole = row.length - (row.length % 4)
  let sum = 0
  for (let from = 0; from < whole && sum <= limit; from += stretch) {
    let a = 0, b = 0, c = 0, d = 0
    for (let i = from, end = Math.min(whole, from + stretch); i < end; i += 4) {
      const at = start + i
      const e = row[i] - pixels[reference[at]]
      const f = row[i + 1] - pixels[reference[at + 1]]
      const g = row[i + 2] - pixels[reference[at + 2]]
      const h = row[i + 3] - pixels[reference[at + 3]]
      a += e * e
      b += f * f
      c += g * g
      d += h * h
    }
    sum += a + b + (c + d)
  }
  for (let i = whole; i < row.length; i++) sum += (row[i] - pixels[reference[start + i]]) ** 2
  return sum
}

function toNumbers(row: Float64Array, reference: ArrayLike<number>, start: number, limit: number): number {
  const whole = row.length - (row.length % 4)
  let sum = 0
  for (let from = 0; from < whole && sum <= limit; from += stretch) {
    let a = 0, b = 0, c = 0, d = 0
    for (let i = from, end = Math.min(whole, from + stretch); i < end; i += 4) {
      const at = start + i
      const e = row[i] - reference[at]
      const f = row[i + 1] - reference[at + 1]
      const g = row[i + 2] - reference[at + 2]
      const h = row[i + 3] - reference[at + 3]
      a += e * e
      b += f * f
      c += g * g
      d += h * h
    }
    sum += a + b + (c + d)
  }
  for (let i = whole; i < row.length; i++) sum += (row[i] - reference[start + i]) ** 2
  return sum
}
