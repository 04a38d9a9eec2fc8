/** Real numbers drawn from some law: Float32Array, Float64Array or number[]; never modified. */
export type Sample = ArrayLike<number>

/** A cumulative distribution function, x ↦ P(X ≤ x): it does not decrease, and goes from 0 to 1. */
export type Cdf = (x: number) => number

/**
 * Checks a sample at the public door.
 *
 * @param name how the argument is called, for messages.
 * @throws {TypeError} if it is not array-like.
 * @throws {RangeError} if it has fewer than `atLeast` numbers, or one that is not finite (its index is named).
 */
export function checkSample(sample: Sample, name: string, atLeast = 1): void {
  if (typeof sample !== 'object' || sample === null || typeof sample.length !== 'number') {
    throw new TypeError(`${name} must be an array of numbers; got ${describe(sample)}. Pass a Float64Array or number[].`)
  }
  if (sample.length < atLeast) {
    throw new RangeError(`${name} must hold at least ${atLeast} numbers; got ${sample.length}. Draw more of them.`)
  }
  for (let index = 0; index < sample.length; index++) {
    if (!Number.isFinite(sample[index])) {
      throw new RangeError(
        `${name} must hold finite numbers; got ${describe(sample[index])} at index ${index}. ` +
          'Find out where it came from: a diverged state should stop a run, not enter a statistic.',
      )
    }
  }
}

/** A sorted float64 copy of a checked sample. */
export function sorted(sample: Sample): Float64Array {
  return Float64Array.from(sample).sort()
}

/**
 * Evaluates a CDF and checks what comes back.
 *
 * @throws {RangeError} if it is not in [0, 1].
 */
export function cdfAt(cdf: Cdf, x: number): number {
  const probability = cdf(x)
  if (probability >= 0 && probability <= 1) return probability
  throw new RangeError(`cdf must return a probability in [0, 1]; got ${describe(probability)} at x = ${x}. Check its formula there.`)
}

const describe = (value: unknown) => (typeof value === 'string' ? JSON.stringify(value) : String(value))
