import {
  _FusedMatMul,
  BatchMatMul,
  getKernel,
  Transpose,
  type _FusedMatMulAttrs,
  type BatchMatMulAttrs,
  type KernelFunc,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { broadcastBatch } from './batch-index'
import { installTogether, overrideKernel } from '../kernel-override'
import { isPacked, releaseView, tensorView, withPackableOperand } from './packed-operand'

/** Below this many multiply-adds per matrix the stock scalar loop beats transposing, packing and XNNPACK (benchmarks/matmul). */
const fewestMultiplyAdds = 8192

/** With fewer rows than this, packing a right operand for one product costs more than the scalar loop (benchmarks/matmul). */
const fewestRows = 8

/**
 * Replaces the wasm backend's `BatchMatMul` kernel by one that reaches XNNPACK with transpose flags and with batches.
 * The stock kernel does so only for a single product without flags; every gradient of `matMul` has a flag and falls
 * into a scalar loop. Results agree up to the order of summation, and two stock results that are wrong become right:
 * mixed broadcasts such as [2, 1, m, k]·[1, 3, k, n], and products with a tensor that was a right operand before under
 * another shape (`matMul(x, w)`, then `matMul(y, reshape(w, …))`; here `_FusedMatMul` is guarded too).
 *
 * `openBackend` installs it. Call it yourself where you activate wasm without `openBackend`: after importing
 * `@tensorflow/tfjs-backend-wasm` and before the first product. It is global, as tfjs kernels are, and counts its holders.
 *
 * @returns a function that takes this installation back; calling it again does nothing.
 * @throws {Error} if the kernels of the wasm backend are not registered.
 */
export function installWasmMatMul(): () => void {
  return installTogether([
    () => overrideKernel({ kernelName: BatchMatMul, backendName: 'wasm', replace: fastMatMul }),
    () => overrideKernel({ kernelName: _FusedMatMul, backendName: 'wasm', replace: guardedFusedMatMul }),
  ])
}

function fastMatMul(stock: KernelFunc): KernelFunc {
  return ({ inputs, backend: anyBackend, attrs }) => {
    const backend = anyBackend as BackendWasm // as every kernel of this backend may assume
    const { transposeA, transposeB } = attrs as unknown as BatchMatMulAttrs
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo }
    const runStock = (left: TensorInfo, right: TensorInfo, flags: BatchMatMulAttrs) =>
      stock({ inputs: { a: left, b: right }, backend, attrs: { ...flags } }) as TensorInfo
    const multiply = (left: TensorInfo, right: TensorInfo) =>
      withPackableOperand(right, backend, (packable) => runStock(left, packable, plain))

    const { m, k, n, countA, countB, matches } = productSizes(a, b, { transposeA, transposeB })
    if (!matches || a.dtype !== 'float32' || b.dtype !== 'float32') return runStock(a, b, { transposeA, transposeB })
    if (countA === 1 && countB === 1 && !transposeA && !transposeB) return multiply(a, b)

    const { shape: batchShape, left, right } = broadcastBatch(a.shape.slice(0, -2), b.shape.slice(0, -2))
    const stockBroadcasts = left.length === countA ? countB === countA || countB === 1 : countA === 1
    const rows = countB === 1 ? countA * m : m
    const mustPack = transposeB || countB > 1 || !isPacked(b)
    const thin = (mustPack && rows < fewestRows) || (transposeA && n === 1)
    const small = rows * k * n < fewestMultiplyAdds || thin
    if (small && stockBroadcasts) return runStock(a, b, { transposeA, transposeB })

    const stackA = reshaped(a, transposeA ? [countA, k, m] : [countA, m, k])
    const stackB = reshaped(b, transposeB ? [countB, n, k] : [countB, k, n])
    const plainA = transposeA ? transposed(stackA, backend) : stackA
    const plainB = transposeB ? transposed(stackB, backend) : stackB
    const product =
      countB === 1
        ? multiply(reshaped(plainA, [1, countA * m, k]), plainB)
        : multiplyEach({ a: plainA, b: plainB, left, right, backend, multiply })
    if (transposeA) backend.disposeData(plainA.dataId)
    if (transposeB) backend.disposeData(plainB.dataId)
    return reshaped(product, [...batchShape, m, n])
  }
}

const plain: BatchMatMulAttrs = { transposeA: false, transposeB: false }

function productSizes(a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: BatchMatMulAttrs) {
  const [rowsOfA, columnsOfA] = matrixShape(a)
  const [rowsOfB, columnsOfB] = matrixShape(b)
  const [m, k] = transposeA ? [columnsOfA, rowsOfA] : [rowsOfA, columnsOfA]
  const [kOfB, n] = transposeB ? [columnsOfB, rowsOfB] : [rowsOfB, columnsOfB]
  const [countA, countB] = [sizeOf(a.shape.slice(0, -2)), sizeOf(b.shape.slice(0, -2))]
  return { m, k, n, countA, countB, matches: k === kOfB && countA * countB * m * k * n > 0 }
}

interface BatchedProduct {
  readonly a: TensorInfo
  readonly b: TensorInfo
  readonly left: Int32Array
  readonly right: Int32Array
  readonly backend: BackendWasm
  readonly multiply: (left: TensorInfo, right: TensorInfo) => TensorInfo
}

/** One plain product per matrix of the batch, each copied into its place; the operands are looked at where they are. */
function multiplyEach({ a, b, left, right, backend, multiply }: BatchedProduct): TensorInfo {
  const [[m, k], n] = [matrixShape(a), matrixShape(b)[1]]
  const out = backend.makeOutput([left.length, m, n], 'float32')
  left.forEach((indexA, index) => {
    const viewA = tensorView({ of: a, firstElement: indexA * m * k, shape: [m, k] }, backend)
    const viewB = tensorView({ of: b, firstElement: (right[index] ?? 0) * k * n, shape: [k, n] }, backend)
    const product = multiply(viewA, viewB)
    // heap arrays are made anew each time: growing memory replaces the heap
    backend.typedArrayFromHeap(out).set(backend.typedArrayFromHeap(product), index * m * n)
    backend.disposeData(product.dataId)
    releaseView(viewA, backend)
    releaseView(viewB, backend)
  })
  return out
}

function guardedFusedMatMul(stock: KernelFunc): KernelFunc {
  return ({ inputs, backend: anyBackend, attrs }) => {
    const backend = anyBackend as BackendWasm
    const { transposeA, transposeB } = attrs as unknown as _FusedMatMulAttrs
    const { a, b } = inputs as { a: TensorInfo; b: TensorInfo }
    const single = sizeOf(a.shape.slice(0, -2)) === 1 && sizeOf(b.shape.slice(0, -2)) === 1
    const run = (right: TensorInfo) => stock({ inputs: { ...inputs, b: right }, backend, ...(attrs && { attrs }) })
    return single && !transposeA && !transposeB && b.dtype === 'float32' ? withPackableOperand(b, backend, run) : run(b)
  }
}

function transposed(matrices: TensorInfo, backend: BackendWasm): TensorInfo {
  const kernel = getKernel(Transpose, 'wasm')
  return kernel.kernelFunc({ inputs: { x: matrices }, backend, attrs: { perm: [0, 2, 1] } }) as TensorInfo
}

const matrixShape = ({ shape }: TensorInfo): [number, number] => [shape.at(-2) ?? 1, shape.at(-1) ?? 1]

const reshaped = ({ dataId, dtype }: TensorInfo, shape: number[]): TensorInfo => ({ dataId, shape, dtype })

const sizeOf = (shape: readonly number[]) => shape.reduce((size, dimension) => size * dimension, 1)
