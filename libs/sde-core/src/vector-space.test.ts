import '@tensorflow/tfjs-backend-cpu'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { InvalidArgumentError, ShapeError } from './errors'
import { hostSpace } from './host-space'
import { hostState, type HostState } from './host-state'
import { tensorSpace } from './tensor-space'
import { noLeak, tensorLeak } from './testing'
import { coefficientAt, timesOf, type VectorSpace } from './vector-space'

beforeAll(() => setBackend('cpu'))

const shape = [3, 2, 2]
const a = hostState([1, -2, 3, 4, -5, 6, 7, 8, 9.5, -10, 11, 12], shape)
const b = hostState([0.5, 0.25, -1, 2, 4, -8, 16, 32, -64, 3, 1, 0], shape)
const perSample = Float64Array.of(2, -1, 0.5)

/** Runs an operation in both spaces; the tensor one with a check that only its result is left. */
async function both(run: <X>(space: VectorSpace<X>, x: X, y: X) => X): Promise<{ host: HostState; tensor: HostState }> {
  const host = run(hostSpace, a, b)
  let tensor: HostState = host
  const leak = await tensorLeak(async () => {
    const [x, y] = [tensorSpace.fromHost(a), tensorSpace.fromHost(b)]
    const result = run<Tensor>(tensorSpace, x, y)
    tensor = await tensorSpace.toHost(result)
    tensorSpace.release(x, y, result) // throws nothing and frees three tensors: the result is none of the inputs
  })
  expect(leak).toEqual(noLeak)
  return { host, tensor }
}

const operations: readonly (readonly [string, <X>(space: VectorSpace<X>, x: X, y: X) => X])[] = [
  ['combine with numbers', (space, x, y) => space.combine([2, -0.5], [x, y])],
  ['combine with factors 1 only', (space, x, y) => space.combine([1, 1], [x, y])],
  ['combine of one state with factor 1, a copy', (space, x) => space.combine([1], [x])],
  ['combine with a factor per sample', (space, x, y) => space.combine([perSample, 3], [x, y])],
  ['select', (space, x, y) => space.select(Uint8Array.of(1, 0, 1), x, y)],
  ['concat', (space, x, y) => space.concat([x, y, x])],
  ['concat of one state, a copy', (space, x) => space.concat([x])],
  ['slice', (space, x) => space.slice(x, 1, 2)],
  ['slice of the whole, a copy', (space, x) => space.slice(x, 0, 3)],
  ['clip', (space, x) => space.clip(x, -3, 5)],
  ['clip per sample', (space, x) => space.clip(x, Float64Array.of(-1, -2, 0), perSample.map(Math.abs))],
  ['normal noise', (space, x) => space.normal({ seed: 3, stream: 'test', step: 2, firstSample: 5, draw: 1 }, x)],
]

describe('the two vector spaces', () => {
  it.each(operations)('agree to float32 rounding, and tensors leak nothing: %s', async (_, run) => {
    const { host, tensor } = await both(run)
    expect(tensor.shape).toEqual(host.shape)
    const scale = Math.max(...host.data.map(Math.abs))
    host.data.forEach((value, i) => expect(Math.abs(tensor.data[i] - value)).toBeLessThan(2e-7 * scale))
  })

  it('agree on quantiles, error norms and magnitudes (1e-6), and tensors leak nothing', async () => {
    const tolerance = { absolute: 0.1, relative: 0.2 }
    const leak = await tensorLeak(async () => {
      const [x, y] = [tensorSpace.fromHost(a), tensorSpace.fromHost(b)]
      const pairs: [ArrayLike<number>, ArrayLike<number>][] = [
        [await hostSpace.quantile(a, 0.8), await tensorSpace.quantile(x, 0.8)],
        [await hostSpace.errorNorm(a, a, b, tolerance), await tensorSpace.errorNorm(x, x, y, tolerance)],
        [[await hostSpace.magnitude(a)], [await tensorSpace.magnitude(x)]],
      ]
      for (const [host, tensor] of pairs) {
        expect(tensor.length).toBe(host.length)
        Array.from(host).forEach((value, i) => expect(Math.abs(tensor[i] - value)).toBeLessThan(1e-6 * Math.abs(value)))
      }
      tensorSpace.release(x, y)
    })
    expect(leak).toEqual(noLeak)
  })
})

describe('the host space', () => {
  it('combines by the formula Σ c_i x_i', () => {
    expect(Array.from(hostSpace.combine([2, perSample], [a, b]).data.slice(0, 5))).toEqual([3, -3.5, 4, 12, -14])
  })

  it('concatenates sample after sample, whatever the batches, and slices them apart again', () => {
    const joined = hostSpace.concat([a, hostSpace.slice(b, 2, 1)])
    expect(joined.shape).toEqual([4, 2, 2])
    expect(Array.from(joined.data)).toEqual([...a.data, -64, 3, 1, 0])
    expect(hostSpace.slice(joined, 0, 3)).toEqual(a)
    expect(Array.from(hostSpace.slice(joined, 2, 2).data)).toEqual([9.5, -10, 11, 12, -64, 3, 1, 0])
  })

  it('selects without letting NaN through from the other side', () => {
    const nan = hostState(new Float64Array(12).fill(NaN), shape)
    const picked = hostSpace.select(Uint8Array.of(0, 1, 0), nan, a)
    expect(Array.from(picked.data.subarray(0, 4))).toEqual([1, -2, 3, 4])
    expect(picked.data[4]).toBeNaN()
  })

  it('has linearly interpolated quantiles of |x|: of 1, 2, 3, 4 the 0.5-quantile is 2.5', async () => {
    expect((await hostSpace.quantile(a, 0.5))[0]).toBe(2.5)
    expect((await hostSpace.quantile(a, 1))[1]).toBe(8)
  })

  it('has the RMS error norm: a difference of tolerance size counts 1', async () => {
    const error = hostState(a.data.map((value) => 0.1 + 0.2 * Math.abs(value)), shape)
    ;(await hostSpace.errorNorm(error, a, a, { absolute: 0.1, relative: 0.2 })).forEach((norm) => expect(Math.abs(norm - 1)).toBeLessThan(1e-15))
  })

  it('never hands out the array it was given', () => {
    const copy = hostSpace.combine([1], [a])
    copy.data[0] = 99
    expect(a.data[0]).toBe(1)
  })
})

describe.each([
  ['host', hostSpace, (state: HostState) => state],
  ['tensor', tensorSpace, (state: HostState) => tensorSpace.fromHost(state)],
] as [string, VectorSpace<unknown>, (state: HostState) => unknown][])('the %s space', (_, space, make) => {
  const [x, short] = [() => make(a), () => make(hostState([1, 2, 3]))]
  it.each([
    ['states of different shapes', () => space.combine([1, 1], [x(), short()]), ShapeError],
    ['a coefficient of another batch', () => space.combine([Float64Array.of(1, 2)], [x()]), ShapeError],
    ['no states', () => space.combine([], []), InvalidArgumentError],
    ['fewer coefficients than states', () => space.combine([1], [x(), x()]), InvalidArgumentError],
    ['to concatenate samples of different shapes', () => space.concat([x(), short()]), ShapeError],
    ['to concatenate nothing', () => space.concat([]), InvalidArgumentError],
    ['a slice from behind the last sample', () => space.slice(x(), 3, 1), InvalidArgumentError],
    ['a slice from before the first sample', () => space.slice(x(), -1, 1), InvalidArgumentError],
    ['a slice that ends behind the last sample', () => space.slice(x(), 1, 3), InvalidArgumentError],
    ['a slice of no sample', () => space.slice(x(), 1, 0), InvalidArgumentError],
    ['a mask of another batch', () => space.select(Uint8Array.of(1), x(), x()), ShapeError],
  ])('refuses %s', (_name, run, errorClass) => {
    expect(run).toThrow(errorClass)
  })

  it('refuses a quantile outside [0, 1]', async () => {
    await expect(space.quantile(x(), 1.5)).rejects.toThrow('p must be between 0 and 1; got 1.5.')
  })

  it('clips numbers and leaves NaN what it is, between numbers as between bounds per sample', async () => {
    const holes = hostState([NaN, 9, -9, 0.5], [2, 2])
    for (const [low, high] of [[-1, 2], [Float64Array.of(-1, -1), Float64Array.of(2, 2)]] as const) {
      expect([...(await space.toHost(space.clip(make(holes), low, high))).data]).toEqual([NaN, 2, -1, 0.5])
    }
  })

  it('has a magnitude that is not finite as soon as one element is not', async () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const data = a.data.slice()
      data[7] = bad
      expect(Number.isFinite(await space.magnitude(make(hostState(data, shape))))).toBe(false)
    }
    expect(await space.magnitude(x())).toBeCloseTo(78.5 / 12, 5)
  })
})

describe('times', () => {
  it('become one coefficient where they agree, else one per sample', () => {
    expect(coefficientAt(Float64Array.of(2, 2, 2), (t) => t ** 2)).toBe(4)
    expect(coefficientAt(Float64Array.of(2, 3), (t) => t ** 2)).toEqual(Float64Array.of(4, 9))
    expect(timesOf(hostSpace, a, 0.5)).toEqual(Float64Array.of(0.5, 0.5, 0.5))
  })

  it('of a host state whose numbers do not fill its shape are refused with it', () => {
    expect(() => hostState([1, 2, 3], [2, 2])).toThrow(ShapeError)
  })
})
