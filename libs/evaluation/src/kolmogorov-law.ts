/**
 * P(√n D > λ) for a continuous law as n → ∞: 2 Σ_{k≥1} (−1)^{k−1} exp(−2 k² λ²), and for small λ its theta-function twin
 * 1 − √(2π)/λ Σ_{k≥1} exp(−(2k−1)² π² / (8 λ²)); each converges to double precision within a few terms on its side of 1.
 */
function kolmogorovSurvival(lambda: number): number {
  if (lambda < 0.04) return 1 // to 300 digits
  let sum = 0
  if (lambda < 1) {
    for (let k = 1; k <= 9; k += 2) sum += Math.exp((-((k * Math.PI) ** 2) / 8) / lambda ** 2)
    return 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum
  }
  for (let k = 1; k <= 5; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * lambda) ** 2)
  return sum
}

/**
 * The probability that a sample of size n from the very law has a Kolmogorov–Smirnov distance above `distance`,
 * asymptotically. At finite n the true one is a little smaller, so this errs on the side of not rejecting.
 *
 * @param distance D of {@link kolmogorovSmirnov}, in [0, 1].
 * @param n sample size; for two samples of sizes n₁ and n₂ pass n₁ n₂ / (n₁ + n₂).
 * @throws {RangeError} if distance is outside [0, 1] or n is not positive.
 * @see Kolmogorov 1933; Smirnov 1948, "Table for estimating the goodness of fit of empirical distributions".
 */
export function kolmogorovPValue(distance: number, n: number): number {
  if (!(distance >= 0 && distance <= 1)) {
    throw new RangeError(`distance must be in [0, 1]; got ${distance}. Pass what kolmogorovSmirnov returned.`)
  }
  checkSize(n)
  return kolmogorovSurvival(Math.sqrt(n) * distance)
}

/**
 * The distance that a sample of size n from the very law exceeds with probability `level`: c(level) / √n with
 * c(0.05) = 1.358, c(0.01) = 1.628, c(0.001) = 1.949.
 *
 * @param n sample size; for two samples of sizes n₁ and n₂ pass n₁ n₂ / (n₁ + n₂).
 * @param level probability of a false alarm, in (0, 1).
 * @returns the distance, to compare with what {@link kolmogorovSmirnov} gives.
 * @throws {RangeError} if n is not positive or level is outside (0, 1).
 */
export function kolmogorovCriticalValue(n: number, level: number): number {
  checkSize(n)
  if (!(level > 0 && level < 1)) {
    throw new RangeError(`level must be between 0 and 1; got ${level}. Pass 0.01 for the 1 % level.`)
  }
  let [low, high] = [0, 30] // the survival function underflows to 0 before 30
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2
    if (kolmogorovSurvival(middle) > level) low = middle
    else high = middle
  }
  return high / Math.sqrt(n)
}

function checkSize(n: number): void {
  if (n > 0 && Number.isFinite(n)) return
  throw new RangeError(`n must be a positive number; got ${n}. Pass the size of the sample.`)
}
