import type { NoiseSchedule } from '@sbgm/sde-core'

/** The two predictions that an exponential integrator may hold constant, or expand in λ, over a step. */
export type ExponentialForm = 'noise' | 'data'

/** One step in the form x_s = carry · x_t + gain · Σ_k (h^k P^(k)) z φ_(k+1)(z), with P^(k) the derivatives in λ of the prediction at t. */
export interface ExponentialStep {
  /** h = λ_s − λ_t; positive from noise to data. */
  readonly h: number
  /** h in the noise form, −h in the data form. */
  readonly z: number
  /** α_s/α_t in the noise form, σ_s/σ_t in the data form. */
  readonly carry: number
  /** −σ_s in the noise form, −α_s in the data form. */
  readonly gain: number
}

/**
 * The exact solution of the probability flow between two times, but for the model's prediction under the integral:
 * x_s = (α_s/α_t) x_t − σ_s ∫ e^(λ_s − λ) ε̂ dλ or x_s = (σ_s/σ_t) x_t + α_s ∫ e^(λ − λ_s) x̂_0 dλ, λ from λ_t to λ_s.
 *
 * @param schedule - with σ \> 0 at both times
 * @see Lu et al. 2022, arXiv:2206.00927, eq. 3.4 (noise), and arXiv:2211.01095, eq. 8 (data).
 */
export function exponentialStep({ alpha, sigma, lambda }: NoiseSchedule, form: ExponentialForm, t: number, s: number): ExponentialStep {
  const h = lambda(s) - lambda(t)
  return form === 'noise'
    ? { h, z: h, carry: alpha(s) / alpha(t), gain: -sigma(s) }
    : { h, z: -h, carry: sigma(s) / sigma(t), gain: -alpha(s) }
}

/** φ_n(z) = Σ_j z^j/(j + n)!, so φ_1 = (e^z − 1)/z and φ_(n+1) = (φ_n − 1/n!)/z; by the series near 0, where that cancels. */
export function phi(n: number, z: number): number {
  let term = 1
  for (let k = 2; k <= n; k++) term /= k // 1/n!
  if (Math.abs(z) < 1) {
    let sum = term
    for (let j = 1; j < 20; j++) sum += term *= z / (j + n)
    return sum
  }
  return n === 1 ? Math.expm1(z) / z : (phi(n - 1, z) - term * n) / z
}

/**
 * The weights w_m with Σ_m w_m q(r_m) = Σ_k q^(k)(0) z φ_(k+1)(z) for every polynomial q below the number of nodes in degree: a step
 * with the prediction interpolated at the nodes is x_s = carry · x_t + gain · Σ_m w_m P_m.
 *
 * @param z - of the {@link ExponentialStep}
 * @param nodes - (λ_m − λ_t)/h of the interpolated predictions, all different
 * @returns one weight per node
 */
export function exponentialWeights(z: number, nodes: readonly number[]): number[] {
  const moments = nodes.map((_, k) => z * factorial(k) * phi(k + 1, z))
  return nodes.map((node, m) => {
    // the Lagrange polynomial of this node, by its coefficients: Π_(i ≠ m) (r − r_i)/(r_m − r_i)
    let lagrange = [1]
    nodes.forEach((other, i) => {
      if (i === m) return
      const scale = 1 / (node - other)
      lagrange = [0, ...lagrange].map((above, k) => scale * (above - other * (lagrange[k] ?? 0)))
    })
    return lagrange.reduce((sum, coefficient, k) => sum + coefficient * moments[k], 0)
  })
}

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1))
