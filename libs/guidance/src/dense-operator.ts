import { InvalidArgumentError, ShapeError, type Coefficient, type HostState, type TwofoldOperation, type VectorSpace } from '@sbgm/sde-core'
import { matMul, mul, reshape, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { Matrix, SingularValueDecomposition } from 'ml-matrix'
import { linearOperator, reciprocal, type LinearOperator } from './linear-operator'

/** Settings of {@link denseOperator}. */
export interface DenseOperatorOptions<X = Tensor> {
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** H, one row per measured number, each as long as a sample has numbers; copied. */
  readonly matrix: readonly ArrayLike<number>[]
  /** The shape of one sample. @defaultValue (columns of the matrix) */
  readonly inputShape?: readonly number[]
}

/**
 * A linear measurement by a matrix, y = H x of the flattened sample. What H itself costs: on tensors it travels to the backend with each use.
 *
 * `solve` and `pseudoInverse`, and so {@link pseudoInverseGuidance}, want H's singular values. They are found once, on the host, when first
 * asked for, in time that grows with rows · columns · the smaller of both: a fifth of a second of one core for 100 × 784 or 2000 × 100, four for
 * 784 × 784. Singular values below 1e-7 √rows of the largest count as 0. {@link dps} asks for them where it divides by the residual only.
 *
 * @returns an operator with measurements of shape (rows,)
 * @throws InvalidArgumentError for a matrix without rows or with numbers that are not finite; ShapeError for rows that are not as long as a
 * sample.
 */
export function denseOperator<X = Tensor>({ space, matrix, inputShape = [matrix[0]?.length ?? 0] }: DenseOperatorOptions<X>): LinearOperator<X> {
  const [rows, columns] = [matrix.length, inputShape.reduce((product, axis) => product * axis, 1)]
  if (!(rows >= 1 && columns >= 1)) throw new InvalidArgumentError('matrix', [rows, columns], 'at least one row and one column')
  for (const row of matrix) if (row.length !== columns) throw new ShapeError('the matrix H', [rows, columns], [rows, row.length])
  const h = Float64Array.from({ length: rows * columns }, (_, i) => matrix[Math.floor(i / columns)][i % columns])
  const unusable = h.findIndex((value) => !Number.isFinite(value))
  if (unusable >= 0) throw new InvalidArgumentError('matrix', h[unusable], 'finite everywhere')

  const outputShape = [rows]
  const times = (right: Float64Array, from: number, to: number, shape: readonly number[]) => space.implement(timesMatrix(right, from, to, shape))
  const scale = space.implement(scaleColumns)
  const basisOf = ({ values, vectors }: ReturnType<typeof rangeOf>) => {
    const rank = values.length
    return { values, toBasis: times(vectors, rows, rank, [rank]), fromBasis: times(transposed(vectors, rows, rank), rank, rows, outputShape) }
  }
  let basis: ReturnType<typeof basisOf> | undefined
  return linearOperator(space, {
    inputShape,
    outputShape,
    apply: times(transposed(h, rows, columns), columns, rows, outputShape),
    adjoint: times(h, rows, columns, inputShape),
    solve(y, onGram, onIdentity) {
      const { values, toBasis, fromBasis } = (basis ??= basisOf(rangeOf(h, rows, columns)))
      const rotated = toBasis(y)
      try {
        const scaled = scale(rotated, values.map((value) => (value > 0 ? reciprocal(onGram, value, onIdentity) : 0)))
        try {
          return fromBasis(scaled)
        } finally {
          space.release(scaled)
        }
      } finally {
        space.release(rotated)
      }
    },
  })
}

/** The eigenvalues of H Hᵀ that may be other than 0, with those too small to tell as 0, and their eigenvectors, (rows, values) row by row. */
function rangeOf(h: Float64Array, rows: number, columns: number): { readonly values: readonly number[]; readonly vectors: Float64Array } {
  const { diagonal, leftSingularVectors } = new SingularValueDecomposition(Matrix.from1DArray(rows, columns, h), { computeRightSingularVectors: false, autoTranspose: true })
  const values = diagonal.map((value) => value ** 2)
  const smallest = rows * 1e-14 * Math.max(...values)
  return { values: values.map((value) => (value > smallest ? value : 0)), vectors: Float64Array.from(leftSingularVectors.to1DArray()) }
}

/** Aᵀ, row by row, of A (m, n). */
const transposed = (a: Float64Array, m: number, n: number): Float64Array => Float64Array.from(a, (_, i) => a[(i % m) * n + Math.floor(i / m)])

/** A B for A (m, k) and B (k, n), row by row. */
function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const result = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < k; j++) {
      const value = a[i * k + j]
      for (let l = 0; l < n; l++) result[i * n + l] += value * b[j * n + l]
    }
  }
  return result
}

/** x B of samples as rows, B (from, to), in the sample shape given. */
const timesMatrix = (b: Float64Array, from: number, to: number, shape: readonly number[]): TwofoldOperation<[]> => ({
  tensor: (x) => tidy(() => reshape(matMul(reshape(x, [-1, from]), tensor2d(Float32Array.from(b), [from, to])), [x.shape[0], ...shape])),
  host: ({ data, shape: [batch] }) => ({ data: product(data, b, batch, from, to), shape: [batch, ...shape] }),
})

/** Column j of (batch, columns) times coefficient j. */
const scaleColumns: TwofoldOperation<[readonly Coefficient[]]> = {
  tensor: (x, factors) => tidy(() => mul(x, tensor2d(Float32Array.from(columnFactors(factors, x.shape[0])), [x.shape[0], factors.length]))),
  host({ data, shape }: HostState, factors) {
    const all = columnFactors(factors, shape[0])
    return { data: data.map((value, i) => value * all[i]), shape }
  },
}

function columnFactors(factors: readonly Coefficient[], batch: number): Float64Array {
  return Float64Array.from({ length: batch * factors.length }, (_, i) => {
    const factor = factors[i % factors.length]
    return typeof factor === 'number' ? factor : factor[Math.floor(i / factors.length)]
  })
}
