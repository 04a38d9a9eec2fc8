import { EigenvalueDecomposition, Matrix, SingularValueDecomposition } from 'ml-matrix'
import type { FeatureStatistics } from './feature-statistics'

/**
 * Fréchet distance (squared 2-Wasserstein distance) of the normal laws with these moments,
 * ‖μ₁ − μ₂‖² + tr(Σ₁ + Σ₂ − 2 (Σ₁^½ Σ₂ Σ₁^½)^½). With features of an Inception network this is the FID; with those of another
 * network it is comparable only to values from the same network.
 *
 * Roots come from symmetric eigendecompositions; eigenvalues below the rounding error of the largest count as 0, so fewer vectors
 * than dimensions are allowed. The trace of the last root is taken as the sum of the singular values of Σ₁^½ Σ₂^½, which
 * is the same number with twice the digits.
 *
 * **Biased upwards**: n draws of N(μ, Σ) itself, compared with the exact moments, are expected at
 * tr Σ / n + Σᵢⱼ (1 + δᵢⱼ) λᵢλⱼ / (λᵢ + λⱼ) / (2 (n − 1)) to first order in 1/n, λ being the eigenvalues of Σ; for Σ = I that is
 * d / n + d (d + 1) / (4 (n − 1)), or 1.08 at d = 64, n = 1024. For two samples the terms of both add. So compare values at
 * one n only, beside that of real data of the same n.
 *
 * @param a moments of one set of features; borrowed.
 * @param b those of another set of the same dimension; borrowed. The distance is symmetric.
 * @returns a number ≥ 0, in squared units of the features.
 * @throws {RangeError} if the dimensions differ, an array does not fit its dimension, or a moment is not finite.
 * @see Heusel et al. 2017, arXiv:1706.08500, eq. 6; Dowson and Landau 1982, doi:10.1016/0047-259X(82)90077-X.
 */
export function frechetDistance(a: FeatureStatistics, b: FeatureStatistics): number {
  checkStatistics('a', a)
  checkStatistics('b', b)
  if (a.dimension !== b.dimension) {
    throw new RangeError(`a and b must have one dimension; got ${a.dimension} and ${b.dimension}. Take both from the same layer of one network.`)
  }
  let distance = 0
  for (let i = 0; i < a.dimension; i++) {
    const diagonal = i * (a.dimension + 1)
    distance += (a.mean[i] - b.mean[i]) ** 2 + a.covariance[diagonal] + b.covariance[diagonal]
  }
  const product = rootOf(a).mmul(rootOf(b))
  const { diagonal } = new SingularValueDecomposition(product, { computeLeftSingularVectors: false, computeRightSingularVectors: false })
  for (const value of diagonal) distance -= 2 * value
  return Math.max(0, distance)
}

/** Σ^½ by Σ = V Λ Vᵀ; eigenvalues that rounding cannot tell from 0 are 0. */
function rootOf({ dimension, covariance }: FeatureStatistics): Matrix {
  const matrix = Matrix.from1DArray(dimension, dimension, covariance)
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(matrix, { assumeSymmetric: true })
  const floor = Math.max(0, ...realEigenvalues) * dimension * Number.EPSILON
  const roots = realEigenvalues.map((value) => (value > floor ? Math.sqrt(value) : 0))
  return eigenvectorMatrix.mmul(Matrix.diag(roots)).mmul(eigenvectorMatrix.transpose())
}

function checkStatistics(name: string, { dimension, mean, covariance }: FeatureStatistics): void {
  if (mean.length !== dimension || covariance.length !== dimension ** 2) {
    throw new RangeError(
      `${name} must hold ${dimension} means and ${dimension} × ${dimension} covariances; got ${mean.length} and ${covariance.length}. ` +
        'Take them from featureStatistics.',
    )
  }
  for (const [part, values] of [['mean', mean], ['covariance', covariance]] as const) {
    const at = values.findIndex((value) => !Number.isFinite(value))
    if (at >= 0) throw new RangeError(`${name}.${part} must be finite; got ${values[at]} at index ${at}. Check the features for overflow.`)
  }
}
