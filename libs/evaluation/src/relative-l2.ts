/** Values of two functions and of a weight on one uniform grid; all of the same length. */
export interface RelativeL2Options {
  /** The weight w ≥ 0, such as a density. */
  readonly weight: ArrayLike<number>
  /** The estimate e. */
  readonly estimate: ArrayLike<number>
  /** The reference r. */
  readonly reference: ArrayLike<number>
  /**
   * Quadrature. The trapezoid rule converges faster than any power where the integrands vanish at both ends, as with a
   * density as weight; Simpson's (order 4, an odd number of points) is for integrands cut off at the ends.
   * @defaultValue 'trapezoid'
   */
  readonly rule?: 'trapezoid' | 'simpson'
}

/**
 * Relative weighted distance of two functions, √(∫ w (e − r)² / ∫ w r²): 0.05 says that the estimate is 5 % off in the mean over
 * the weight. With w = p_t, e a learned and r the exact score it is the error of a score model at time t.
 *
 * @returns a number ≥ 0; the grid spacing cancels.
 * @throws {RangeError} if lengths differ, there are fewer than 2 points (3 and an odd number for Simpson), a weight is negative,
 * a value is not finite, or the reference vanishes wherever the weight does not.
 */
export function relativeL2({ weight, estimate, reference, rule = 'trapezoid' }: RelativeL2Options): number {
  const points = weight.length
  if (estimate.length !== points || reference.length !== points) {
    throw new RangeError(
      `weight, estimate and reference must have one length; got ${points}, ${estimate.length} and ${reference.length}. ` +
        'Evaluate all of them on the same grid.',
    )
  }
  if (points < 2 || (rule === 'simpson' && (points < 3 || points % 2 === 0))) {
    const needed = rule === 'simpson' ? 'an odd number of points, 3 or more' : '2 points or more'
    throw new RangeError(`rule '${rule}' needs ${needed}; got ${points}. Change the grid or the rule.`)
  }
  let [error, size] = [0, 0]
  for (let index = 0; index < points; index++) {
    const [w, e, r] = [weight[index] ?? NaN, estimate[index] ?? NaN, reference[index] ?? NaN]
    if (!(w >= 0 && Number.isFinite(w + e + r))) {
      throw new RangeError(
        `weights must not be negative and values must be finite; got weight ${w}, estimate ${e}, reference ${r} at index ${index}. ` +
          'Check the functions at that point of the grid.',
      )
    }
    const share = w * coefficient(rule, index, points)
    error += share * (e - r) ** 2
    size += share * r ** 2
  }
  if (size > 0) return Math.sqrt(error / size)
  throw new RangeError('reference must not vanish wherever the weight is positive; got ∫ w r² = 0. Compare absolute errors instead.')
}

/** Weight of a grid point, up to the common factor that cancels in the ratio. */
function coefficient(rule: 'trapezoid' | 'simpson', index: number, points: number): number {
  const border = index === 0 || index === points - 1
  if (rule === 'trapezoid') return border ? 1 : 2
  if (border) return 1
  return index % 2 === 1 ? 4 : 2
}
