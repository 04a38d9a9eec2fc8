/** A symmetric matrix A = U diag(λ) Uᵀ. */
export interface SymmetricEigen {
  /** λ, in no order, shape (n,). */
  readonly values: Float64Array
  /** U, shape (n, n) row by row; its columns are orthonormal. */
  readonly vectors: Float64Array
}

/**
 * Eigenvalues and eigenvectors by cyclic Jacobi rotations, to rounding: for matrices of up to some hundred rows.
 *
 * @param matrix - symmetric, shape (n, n) row by row; not changed
 * @param n - number of rows
 * @see Golub and Van Loan, Matrix Computations, 4th edition, section 8.5.
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const a = matrix.slice()
  const vectors = new Float64Array(n * n)
  for (let i = 0; i < n; i++) vectors[i * n + i] = 1
  const size = Math.hypot(...a)
  for (let sweep = 0; sweep < 60 && offDiagonal(a, n) > 1e-16 * size; sweep++) {
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) rotate(a, vectors, n, p, q)
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]), vectors }
}

/** The Frobenius norm of what is not on the diagonal. */
function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) if (i % (n + 1) !== 0) sum += a[i] ** 2
  return Math.sqrt(sum)
}

/** One rotation of rows and columns p and q, after which a[p, q] is 0. */
function rotate(a: Float64Array, vectors: Float64Array, n: number, p: number, q: number): void {
  const off = a[p * n + q]
  if (off === 0) return
  const theta = (a[q * n + q] - a[p * n + p]) / (2 * off)
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cosine = 1 / Math.hypot(tangent, 1)
  const sine = tangent * cosine
  const mix = (target: Float64Array, i: number, j: number) => {
    const [left, right] = [target[i], target[j]]
    target[i] = cosine * left - sine * right
    target[j] = sine * left + cosine * right
  }
  for (let k = 0; k < n; k++) mix(a, k * n + p, k * n + q)
  for (let k = 0; k < n; k++) mix(a, p * n + k, q * n + k)
  for (let k = 0; k < n; k++) mix(vectors, k * n + p, k * n + q)
}
