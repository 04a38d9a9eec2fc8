import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { madeNumbers } from '../made-numbers.fixture'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { installWasmMatMul } from './matmul'

type Flags = readonly [transposeA: boolean, transposeB: boolean]
const allFlags: readonly Flags[] = [[false, false], [true, false], [false, true], [true, true]]

const sizeOf = (shape: readonly number[]) => shape.reduce((size, dimension) => size * dimension, 1)
const made = (shape: number[], seed: number) => tf.tensor(madeNumbers(shape, seed), shape)
const operandShape = (batch: number[], rows: number, columns: number, transposed: boolean) =>
  transposed ? [...batch, columns, rows] : [...batch, rows, columns]

/** The product in float64, straight from its definition; `batch` is the product's batch shape, right-aligned with both operands'. */
function exactProduct(a: tf.Tensor, b: tf.Tensor, [transposeA, transposeB]: Flags): { data: Float64Array; shape: number[] } {
  const rank = Math.max(a.rank, b.rank) - 2
  const lead = (shape: number[]) => [...Array<number>(rank - (shape.length - 2)).fill(1), ...shape.slice(0, -2)]
  const [leadA, leadB] = [lead(a.shape), lead(b.shape)]
  const batch = leadA.map((size, axis) => Math.max(size, leadB[axis] ?? 1))
  const [rowsA = 1, columnsA = 1] = a.shape.slice(-2)
  const [rowsB = 1, columnsB = 1] = b.shape.slice(-2)
  const [m, k] = transposeA ? [columnsA, rowsA] : [rowsA, columnsA]
  const n = transposeB ? rowsB : columnsB
  const [valuesA, valuesB] = [a.dataSync(), b.dataSync()]
  const matrixOf = (lead: number[], index: number[]) =>
    lead.reduce((flat, size, axis) => flat * size + (size === 1 ? 0 : (index[axis] ?? 0)), 0)
  const data = new Float64Array(sizeOf(batch) * m * n)
  for (let flat = 0; flat < sizeOf(batch); flat++) {
    const index = batch.map((size, axis) => Math.floor(flat / sizeOf(batch.slice(axis + 1))) % size)
    const [baseA, baseB] = [matrixOf(leadA, index) * m * k, matrixOf(leadB, index) * k * n]
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let l = 0; l < k; l++) {
          const left = valuesA[baseA + (transposeA ? l * m + i : i * k + l)] ?? NaN
          const right = valuesB[baseB + (transposeB ? j * k + l : l * n + j)] ?? NaN
          sum += left * right
        }
        data[flat * m * n + i * n + j] = sum
      }
  }
  return { data, shape: [...batch, m, n] }
}

const largestDifference = (actual: ArrayLike<number>, expected: ArrayLike<number>) =>
  Array.from(expected).reduce((largest, value, index) => {
    const difference = Math.abs(value - (actual[index] ?? NaN))
    return difference <= largest ? largest : difference // NaN wins
  }, 0)

/** Worst rounding of a float32 sum of k products of numbers below 1 in size: k terms, each partial sum at most k. */
const roundingBound = (k: number) => k * k * 2 ** -24

let uninstall: () => void = () => undefined
beforeAll(async () => {
  expect(await tf.setBackend('wasm')).toBe(true)
  uninstall = installWasmMatMul()
})
afterAll(() => uninstall())

describe('the wasm matMul kernel', () => {
  const sizes = [[1, 1, 1], [3, 5, 7], [1, 64, 64], [64, 1, 64], [64, 64, 1], [33, 65, 17], [12, 129, 40], [64, 64, 64]] as const
  const batches: ReadonlyArray<readonly [number[], number[]]> = [
    [[], []], [[1], [1]], [[4], [4]], [[4], [1]], [[1], [4]], [[3], []], [[], [3]],
    [[2, 3], [2, 3]], [[2, 1], [1, 3]], [[2, 1], [3]], [[2, 3], [1, 3]], [[2, 1], [2, 1]], [[2, 1], [1, 2]], [[2, 2, 1], [2, 3]],
  ]
  for (const [batchA, batchB] of batches) {
    it(`equals the float64 product to float32 rounding for batches [${batchA}]·[${batchB}], all flags, sizes and size-1 dimensions (seed 1, 2)`, () => {
      for (const flags of allFlags)
        for (const [m, k, n] of sizes) {
          const a = made(operandShape(batchA, m, k, flags[0]), 1)
          const b = made(operandShape(batchB, k, n, flags[1]), 2)
          const product = tf.matMul(a, b, ...flags)
          const exact = exactProduct(a, b, flags)
          const name = `${m}×${k}×${n}, transposeA ${flags[0]}, transposeB ${flags[1]}`
          expect(product.shape, name).toEqual(exact.shape)
          expect(largestDifference(product.dataSync(), exact.data), name).toBeLessThanOrEqual(roundingBound(k))
          tf.dispose([a, b, product])
        }
    })
  }

  it('agrees with the cpu backend to float32 rounding for every flag (seeds 3, 4)', async () => {
    for (const flags of allFlags) {
      const run = () => tf.tidy(() => {
        const a = made(operandShape([], 40, 70, flags[0]), 3)
        const b = made(operandShape([], 70, 30, flags[1]), 4)
        return tf.matMul(a, b, ...flags).dataSync()
      })
      const onWasm = run()
      await tf.setBackend('cpu')
      const onCpu = run()
      await tf.setBackend('wasm')
      expect(largestDifference(onWasm, onCpu)).toBeLessThanOrEqual(2 * roundingBound(70))
    }
  })

  it('gives the gradients of Σ c∘(a·b) that follow from c, a and b in float64, for every flag and batches [] and [3] (seeds 5 to 7)', () => {
    for (const batch of [[], [3]])
      for (const [transposeA, transposeB] of allFlags) {
        const [m, k, n] = [48, 64, 32]
        const a = made(operandShape(batch, m, k, transposeA), 5)
        const b = made(operandShape(batch, k, n, transposeB), 6)
        const c = made([...batch, m, n], 7)
        const gradients = tf.grads((x, y) => tf.sum(tf.mul(c, tf.matMul(x, y, transposeA, transposeB))))([a, b])
        const [gradientA, gradientB] = gradients as [tf.Tensor, tf.Tensor]
        // d/da of Σ c∘(a'·b') is c·b'ᵀ, seen through a's own flag; d/db likewise
        const exactA = transposeA ? exactProduct(b, c, [transposeB, true]) : exactProduct(c, b, [false, !transposeB])
        const exactB = transposeB ? exactProduct(c, a, [true, transposeA]) : exactProduct(a, c, [!transposeA, false])
        expect(gradientA.shape).toEqual(a.shape)
        expect(gradientB.shape).toEqual(b.shape)
        expect(largestDifference(gradientA.dataSync(), exactA.data)).toBeLessThanOrEqual(roundingBound(n))
        expect(largestDifference(gradientB.dataSync(), exactB.data)).toBeLessThanOrEqual(roundingBound(m))
        tf.dispose([a, b, c, ...gradients])
      }
  })

  it('is right for a tensor that is a right operand under two shapes, which the stock kernel is not', () => {
    const twoProducts = () => tf.tidy(() => {
      const weights = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2])
      tf.matMul(tf.ones([1, 4]), weights).dataSync()
      return Array.from(tf.matMul(tf.ones([1, 2]), tf.reshape(weights, [2, 4])).dataSync())
    })
    const fused = () => tf.tidy(() => {
      const weights = tf.tensor2d([1, 2, 3, 4, 5, 6, 7, 8], [4, 2])
      tf.fused.matMul({ a: tf.ones([1, 4]), b: weights }).dataSync()
      return Array.from(tf.fused.matMul({ a: tf.ones([1, 2]), b: tf.reshape(weights, [2, 4]) as tf.Tensor2D }).dataSync())
    })
    expect(twoProducts()).toEqual([6, 8, 10, 12])
    expect(fused()).toEqual([6, 8, 10, 12])
    uninstall()
    expect(twoProducts()).not.toEqual([6, 8, 10, 12]) // if tfjs mends this, the guard can go
    uninstall = installWasmMatMul()
  })

  it('leaves no tensor, no data and no wasm memory behind over 3000 products with fresh tensors', () => {
    const step = (seed: number) => tf.tidy(() => {
      const x = made([3, 64, 48], seed)
      const w = made([48, 32], seed + 1)
      const stack = made([3, 32, 48], seed + 2)
      for (const flags of [false, true]) tf.matMul(x, flags ? stack : w, false, flags)
      tf.grads((u: tf.Tensor, v: tf.Tensor) => tf.sum(tf.square(tf.matMul(u, v))))([made([64, 48], seed + 3), w])
    })
    const heapBytes = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.byteLength
    for (let i = 0; i < 100; i++) step(i)
    const before = { ...tf.memory(), heap: heapBytes() }
    for (let i = 0; i < 600; i++) step(i)
    const after = { ...tf.memory(), heap: heapBytes() }
    expect(after.numTensors).toBe(before.numTensors)
    expect(after.numDataBuffers).toBe(before.numDataBuffers)
    expect(after.heap).toBe(before.heap)
  })

  it('passes tfjs own check that a kernel leaves no data behind (IS_TEST), for flags, folds, batches and broadcasts', () => {
    tf.env().set('IS_TEST', true)
    try {
      for (const flags of allFlags)
        for (const [batchA, batchB] of batches) {
          tf.tidy(() => tf.matMul(
            made(operandShape(batchA, 32, 32, flags[0]), 1),
            made(operandShape(batchB, 32, 32, flags[1]), 2),
            ...flags,
          ).dataSync())
        }
    } finally {
      tf.env().set('IS_TEST', false)
    }
  })

  it('does not change its operands', () => {
    const [a, b] = [made([3, 32, 32], 8), made([3, 32, 32], 9)]
    tf.matMul(a, b, true, true).dispose()
    expect(a.dataSync()).toEqual(madeNumbers([3, 32, 32], 8))
    expect(b.dataSync()).toEqual(madeNumbers([3, 32, 32], 9))
    tf.dispose([a, b])
  })

  it('gives an empty product for an empty batch', () => {
    expect(tf.matMul(tf.zeros([0, 3, 4]), tf.zeros([0, 4, 5]), false, false).shape).toEqual([0, 3, 5])
  })
})

describe('installWasmMatMul', () => {
  it('counts its holders: the stock kernel comes back, itself, when the last one gives it up, and once is enough', () => {
    uninstall()
    const stock = tf.getKernel('BatchMatMul', 'wasm')
    const [first, second] = [installWasmMatMul(), installWasmMatMul()]
    const installed = tf.getKernel('BatchMatMul', 'wasm')
    expect(installed).not.toBe(stock)
    first()
    first()
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(installed)
    second()
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(stock)
    uninstall = installWasmMatMul()
  })

  it('says what to import where the wasm kernels are not registered', () => {
    uninstall()
    const stock = tf.getKernel('BatchMatMul', 'wasm')
    tf.unregisterKernel('BatchMatMul', 'wasm')
    expect(() => installWasmMatMul()).toThrow(/must be registered.*got none.*Import the package/)
    tf.registerKernel(stock)
    uninstall = installWasmMatMul()
  })
})
