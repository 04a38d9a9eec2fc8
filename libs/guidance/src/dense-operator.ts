import { InvalidArgumentError, ShapeError, type Coefficient, type HostState, type TwofoldOperation, type VectorSpace } from '@sbgm/sde-core'
import { matMul, mul, reshape, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
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
 * A linear measurement by a matrix, y = H x of the flattened sample, for small problems: H Hᵀ is diagonalised once on the host, in time that
 * grows with the cube of its rows (a hundred take a few tenths of a second), and on tensors H travels to the backend with each use.
 *
 * @returns an operator with measurements of shape (rows,)
 * @throws InvalidArgumentError for a matrix without rows or with numbers that are not finite; ShapeError for rows that are not as long as a
 * sample.
 */
export function denseOperator<X = Tensor>({ space, matrix, inputShape = [matrix[0]?.length ?? 0] }: DenseOperatorOptions<X>): LinearOperator<X> {
  const [rows, columns] = [matrix.length, inputShape.reduce((product, axis) => product * axis, 1)]
  if (!(rows >= 1 && columns >= 1)) throw new InvalidArgumentError('matrix', [rows, columns], 'at least one row and one column')
  for (const row of matrix) if (row.length !== columns) throw new ShapeError('the matrix H', [rows, columns], [rows, row.length])
  const h = Float64Array.from(matrix.flatMap((row) => Array.from(row)))
  if (!h.every(Number.isFinite)) throw new InvalidArgumentError('matrix', h.find((value) => !Number.isFinite(value)), 'finite everywhere')
  const transposed = Float64Array.from(h, (_, i) => h[(i % rows) * columns + Math.floor(i / rows)])
  const { realEigenvalues: values, eigenvectorMatrix } = new EigenvalueDecomposition(Matrix.from1DArray(rows, rows, product(h, transposed, rows, columns, rows)), { assumeSymmetric: true })
  const vectors = Float64Array.from(eigenvectorMatrix.to1DArray())
  const smallest = rows * 1e-14 * values.reduce((a, b) => Math.max(a, b), 0)

  const outputShape = [rows]
  const times = (right: Float64Array, from: number, to: number, shape: readonly number[]) => space.implement(timesMatrix(right, from, to, shape))
  const toBasis = times(vectors, rows, rows, outputShape)
  const fromBasis = times(Float64Array.from(vectors, (_, i) => vectors[(i % rows) * rows + Math.floor(i / rows)]), rows, rows, outputShape)
  const scale = space.implement(scaleColumns)
  return linearOperator(space, {
    inputShape,
    outputShape,
    apply: times(transposed, columns, rows, outputShape),
    adjoint: times(h, rows, columns, inputShape),
    solve(y, onGram, onIdentity) {
      const factors = Array.from(values, (value) => (value > smallest ? reciprocal(onGram, value, onIdentity) : 0))
      const rotated = toBasis(y)
      const scaled = scale(rotated, factors)
      try {
        return fromBasis(scaled)
      } finally {
        space.release(rotated, scaled)
      }
    },
  })
}

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
