const inverseRootTwoPi = 1 / Math.sqrt(2 * Math.PI)

/** φ(z) = e^(−z²/2)/√(2π), the density of N(0, 1); 0 where it is below the smallest float64. */
export const normalDensity = (z: number): number => inverseRootTwoPi * Math.exp(-0.5 * z * z)

/**
 * Φ(z), the distribution function of N(0, 1), with full relative precision in the lower tail.
 *
 * |z| \< 2.5: ½ + φ(z) Σ z^(2k+1)/(1·3·5 ⋯ (2k+1)), whose terms all have one sign. Beyond: Mills' ratio as the continued
 * fraction 1/(z + 1/(z + 2/(z + 3/(z + ⋯)))).
 *
 * @param z - any number, in standard deviations
 * @returns a probability, from 0 to 1; NaN for NaN
 * @see Abramowitz and Stegun 1964, 26.2.11 and 26.2.14.
 */
export function normalCdf(z: number): number {
  if (Number.isNaN(z)) return NaN
  if (z >= 2.5) return 1 - upperTail(z)
  if (z <= -2.5) return upperTail(-z)
  let [term, sum] = [z, z]
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(sum); k++) {
    term *= (z * z) / (2 * k + 1)
    sum += term
  }
  return 0.5 + normalDensity(z) * sum
}

/**
 * ln Φ(z), with full precision where Φ itself underflows.
 *
 * @param z - standard deviations from the mean
 */
export function logNormalCdf(z: number): number {
  if (z > -2.5) return z < 2.5 ? Math.log(normalCdf(z)) : Math.log1p(-upperTail(z))
  return -0.5 * z * z - Math.log(Math.sqrt(2 * Math.PI) * inverseMills(-z))
}

/** 1 − Φ(z) for z ≥ 2.5. */
const upperTail = (z: number): number => (z > 39 ? 0 : normalDensity(z) / inverseMills(z))

/** φ(z)/(1 − Φ(z)) for z ≥ 2.5. */
function inverseMills(z: number): number {
  let fraction = z
  for (let k = Math.ceil(20 + 500 / (z * z)); k >= 1; k--) fraction = z + k / fraction
  return fraction
}
