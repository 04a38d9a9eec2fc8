import '@tensorflow/tfjs-backend-cpu'
import { hostSpace, ShapeError, tensorSpace, type HostState, type VectorSpace } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend } from '@tensorflow/tfjs-core'
import { SingularValueDecomposition } from 'ml-matrix'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { blockAverage } from './block-average'
import { denseOperator } from './dense-operator'
import type { LinearOperator } from './linear-operator'
import { pixelMask } from './pixel-mask'

beforeAll(() => setBackend('cpu'))

vi.mock('ml-matrix', async (original) => {
  const library = await original<{ SingularValueDecomposition: typeof SingularValueDecomposition }>()
  const decompose = function (...given: ConstructorParameters<typeof SingularValueDecomposition>) {
    return new library.SingularValueDecomposition(...given)
  }
  return { ...library, SingularValueDecomposition: vi.fn(decompose) }
})

const key = { seed: 2, step: 0, firstSample: 0, draw: 0 }
const random = (stream: string, shape: readonly number[]): HostState =>
  hostSpace.normal({ ...key, stream }, { data: new Float64Array(shape.reduce((product, axis) => product * axis, 1)), shape })
const rows = (state: HostState): number[][] => Array.from({ length: state.shape[0] }, (_, i) => [...hostSpace.slice(state, i, 1).data])
const dot = (a: HostState, b: HostState) => a.data.reduce((sum, value, i) => sum + value * b.data[i], 0)
const close = (a: HostState, b: HostState, tolerance: number) => {
  expect(a.shape).toEqual(b.shape)
  expect(Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])))).toBeLessThan(tolerance)
}

const full = rows(random('matrix', [3, 8]))
/** Four rows, of which the last is the sum of the others. */
const deficient = [...full, full[0].map((value, i) => value + full[1][i] + full[2][i])]
const tall = rows(random('tall', [7, 3]))
/** Four columns, of which the last is the sum of the others. */
const tallDeficient = tall.map((row) => [...row, row[0] + row[1] + row[2]])
const operators: readonly { name: string; make: <X>(space: VectorSpace<X>) => LinearOperator<X>; rank: number }[] = [
  { name: 'a matrix', make: (space) => denseOperator({ space, matrix: full, inputShape: [2, 4, 1] }), rank: 3 },
  { name: 'a matrix with a row too many', make: (space) => denseOperator({ space, matrix: deficient, inputShape: [2, 4, 1] }), rank: 3 },
  { name: 'a matrix with more rows than columns', make: (space) => denseOperator({ space, matrix: tall, inputShape: [1, 3, 1] }), rank: 3 },
  { name: 'a tall matrix with a column too many', make: (space) => denseOperator({ space, matrix: tallDeficient, inputShape: [2, 2, 1] }), rank: 3 },
  { name: 'a mask', make: (space) => pixelMask({ space, mask: { data: [1, 0, 0, 1, 1, 0, 0, 0], shape: [2, 4, 1] } }), rank: 3 },
  { name: 'a block average', make: (space) => blockAverage({ space, shape: [2, 4, 1], factor: 2 }), rank: 2 },
  { name: 'a block average of colours', make: (space) => blockAverage({ space, shape: [4, 6, 3], factor: 2 }), rank: 18 },
]

describe.each(operators)('$name as a linear operator', ({ make, rank }) => {
  const operator = make(hostSpace)
  const { inputShape, outputShape } = operator
  const [x, y] = [random('x', [3, ...inputShape]), random('y', [3, ...outputShape])]

  it('has its transpose as adjoint: ⟨H x, y⟩ = ⟨x, Hᵀ y⟩ (1e-13)', () => {
    expect(Math.abs(dot(operator.apply(x), y) - dot(x, operator.adjoint(y)))).toBeLessThan(1e-13 * Math.sqrt(dot(x, x) * dot(y, y)))
  })

  it('has the pseudo-inverse of Moore and Penrose: H H⁺ H = H, H⁺ H H⁺ = H⁺, both products symmetric (1e-12), and the right rank', () => {
    const { apply, pseudoInverse } = operator
    close(apply(pseudoInverse(apply(x))), apply(x), 1e-12)
    close(pseudoInverse(apply(pseudoInverse(y))), pseudoInverse(y), 1e-12)
    const [x2, y2] = [random('x2', [3, ...inputShape]), random('y2', [3, ...outputShape])]
    expect(Math.abs(dot(apply(pseudoInverse(y)), y2) - dot(y, apply(pseudoInverse(y2))))).toBeLessThan(1e-12)
    expect(Math.abs(dot(pseudoInverse(apply(x)), x2) - dot(x, pseudoInverse(apply(x2))))).toBeLessThan(1e-12)
    const size = outputShape.reduce((product, axis) => product * axis, 1)
    const unit = { data: Float64Array.from({ length: size ** 2 }, (_, i) => (i % (size + 1) === 0 ? 1 : 0)), shape: [size, ...outputShape] }
    const trace = dot(apply(pseudoInverse(unit)), unit) // of the projection on the range of H
    expect(Math.abs(trace - rank)).toBeLessThan(1e-12)
  })

  it('solves (a H Hᵀ + b I) z = y on the range of H, each sample with its own a (1e-12)', () => {
    const [a, b] = [Float64Array.of(0.3, 2, 5), 0.7]
    const inRange = operator.apply(operator.pseudoInverse(y))
    const z = operator.solve(y, a, b)
    close(hostSpace.combine([a, b], [operator.apply(operator.adjoint(z)), z]), inRange, 1e-12)
    close(operator.solve(y, 2, Float64Array.of(1, 1, 1)), operator.solve(y, Float64Array.of(2, 2, 2), 1), 1e-15)
    close(hostSpace.slice(operator.solve(y, a, b), 1, 1), operator.solve(hostSpace.slice(y, 1, 1), 2, b), 1e-15)
  })

  it('measures each sample by itself: the third of the batch as alone, to the bit', () => {
    expect(operator.apply(hostSpace.slice(x, 2, 1))).toEqual(hostSpace.slice(operator.apply(x), 2, 1))
    expect(operator.adjoint(hostSpace.slice(y, 2, 1))).toEqual(hostSpace.slice(operator.adjoint(y), 2, 1))
  })

  it('on tensors follows float64 (1e-5 of the size) and leaves nothing behind', async () => {
    const onTensors = make(tensorSpace)
    expect([onTensors.inputShape, onTensors.outputShape]).toEqual([inputShape, outputShape])
    const a = Float64Array.of(0.3, 2, 5)
    const exact = [operator.apply(x), operator.adjoint(y), operator.pseudoInverse(y), operator.solve(y, a, 0.7), operator.solve(y, 2, 0.7)]
    const leak = await tensorLeak(async () => {
      const [state, measured] = [tensorSpace.fromHost(x), tensorSpace.fromHost(y)]
      const results = [onTensors.apply(state), onTensors.adjoint(measured), onTensors.pseudoInverse(measured), onTensors.solve(measured, a, 0.7), onTensors.solve(measured, 2, 0.7)]
      for (const [i, result] of results.entries()) close(await tensorSpace.toHost(result), exact[i], 1e-5 * Math.max(...exact[i].data.map(Math.abs)))
      tensorSpace.release(state, measured, ...results)
    })
    expect(leak).toEqual(noLeak)
  })

  it('refuses states and measurements of another shape', () => {
    const other = random('other', [3, 5])
    expect(() => operator.apply(other)).toThrow(`a state that the operator H is applied to must have shape (batch, ${inputShape.join(', ')}); got (3, 5).`)
    for (const map of [operator.adjoint, operator.pseudoInverse, (state: HostState) => operator.solve(state, 1, 1)]) {
      expect(() => map(other)).toThrow(`a measurement y of the operator H must have shape (batch, ${outputShape.join(', ')}); got (3, 5).`)
    }
  })
})

describe('the operators are what they are called', () => {
  it('a matrix multiplies the flattened sample', () => {
    const operator = denseOperator({ space: hostSpace, matrix: [[1, 2, 3], [0, -1, 0.5]] })
    expect(operator.apply({ data: Float64Array.of(1, 10, 100, 0, 1, 2), shape: [2, 3] })).toEqual({ data: Float64Array.of(321, 40, 8, 0), shape: [2, 2] })
  })

  it('a matrix of zeros measures nothing, and nothing can be said of x', () => {
    const operator = denseOperator({ space: hostSpace, matrix: [[0, 0], [0, 0], [0, 0]] })
    expect(operator.pseudoInverse({ data: Float64Array.of(1, 2, 3), shape: [1, 3] })).toEqual({ data: Float64Array.of(0, 0), shape: [1, 2] })
  })

  it('a matrix is decomposed when it is first asked to solve, once', () => {
    const decomposition = vi.mocked(SingularValueDecomposition).mockClear()
    const operator = denseOperator({ space: hostSpace, matrix: full })
    const y = random('y', [2, 3])
    operator.apply(operator.adjoint(y))
    expect(decomposition).toHaveBeenCalledTimes(0)
    operator.solve(operator.apply(operator.pseudoInverse(y)), 1, 1)
    expect(decomposition).toHaveBeenCalledTimes(1)
  })

  it('a mask keeps, whatever stands where nothing is measured, NaN included', () => {
    const operator = pixelMask({ space: hostSpace, mask: { data: [1, 0], shape: [2] } })
    expect(operator.pseudoInverse({ data: Float64Array.of(5, NaN), shape: [1, 2] }).data).toEqual(Float64Array.of(5, 0))
  })

  it('a block average is the mean over blocks, and its pseudo-inverse repeats it over them', () => {
    const operator = blockAverage({ space: hostSpace, shape: [2, 4, 1], factor: 2 })
    const mean = operator.apply({ data: Float64Array.of(1, 2, 10, 20, 3, 6, 30, 60), shape: [1, 2, 4, 1] })
    expect(mean).toEqual({ data: Float64Array.of(3, 30), shape: [1, 1, 2, 1] })
    expect(operator.pseudoInverse(mean).data).toEqual(Float64Array.of(3, 3, 30, 30, 3, 3, 30, 30))
  })

  it.each([
    [() => denseOperator({ space: hostSpace, matrix: [[1, 2], [3]] }), 'the matrix H must have shape (2, 2); got (2, 1).'],
    [() => denseOperator({ space: hostSpace, matrix: [[1, 2]], inputShape: [3] }), 'the matrix H must have shape (1, 3); got (1, 2).'],
    [() => denseOperator({ space: hostSpace, matrix: [] }), 'matrix must be at least one row and one column; got [0, 0].'],
    [() => denseOperator({ space: hostSpace, matrix: [[1, NaN]] }), 'matrix must be finite everywhere; got NaN.'],
    [() => pixelMask({ space: hostSpace, mask: { data: [1, 0, 1], shape: [2] } }), 'the data of the mask must have shape (2); got (3).'],
    [() => pixelMask({ space: hostSpace, mask: { data: [1, 2], shape: [2] } }), 'mask must be 0 (free) or 1 (known) everywhere; got 2.'],
    [() => blockAverage({ space: hostSpace, shape: [4, 6, 1], factor: 4 }), 'factor must be a positive integer that divides the height (4) and the width (6); got 4.'],
    [() => blockAverage({ space: hostSpace, shape: [4, 0, 1], factor: 2 }), 'shape must be (height, width, channels), integers of at least 1; got [4, 0, 1].'],
  ])('bad input %# is refused', (make, message) => {
    expect(make).toThrow(message)
    try {
      make()
    } catch (error) {
      expect(message.includes('must have shape')).toBe(ShapeError.isInstance(error))
    }
  })
})
