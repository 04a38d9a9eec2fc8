import '@tensorflow/tfjs-backend-cpu'
import { hostSpace, hostState, ShapeError, tensorSpace, veSde, vpSde, type HostState, type VectorSpace } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { imputation } from './imputation'
import type { KnownMask } from './known-mask'

beforeAll(() => setBackend('cpu'))

const space = hostSpace
const sde = vpSde()
const [count, shape] = [500, [500, 2, 2]]
const mask: KnownMask = { data: [1, 0, 0, 1], shape: [2, 2] }
const key = { seed: 11, step: 0, firstSample: 0, draw: 0 }
const x: HostState = space.normal({ ...key, stream: 'x' }, { data: new Float64Array(4 * count), shape })
const known: HostState = space.normal({ ...key, stream: 'y' }, x)
/** Keyed noise, another for each call. */
const freshNoise = <X>(where: VectorSpace<X>, firstSample = 0) => {
  let draw = 0
  return (like: X) => where.normal({ ...key, stream: 'z', firstSample, draw: draw++ }, like)
}
const noNoise = (): never => expect.unreachable('no noise may be drawn')
const isKnown = (i: number) => mask.data[i % 4] === 1

describe('imputation', () => {
  it('makes the known part α y + σ z and leaves the free part as it is, to the bit', () => {
    const result = imputation({ sde, space, known, mask })(x, 0.3, freshNoise(space))
    const z = freshNoise(space)(x)
    const [alpha, sigma] = [sde.schedule.alpha(0.3), sde.schedule.sigma(0.3)]
    result.data.forEach((value, i) => expect(value).toBe(isKnown(i) ? alpha * known.data[i] + sigma * z.data[i] : x.data[i]))
  })

  it('gives the known part the law of the time: mean α y and variance σ², five standard errors, n = 1000, seed 11; anew each time', () => {
    const constraint = imputation({ sde, space, known, mask })
    const noise = freshNoise(space)
    const [alpha, sigma] = [sde.schedule.alpha(0.6), sde.schedule.sigma(0.6)]
    const residuals = () => {
      const { data } = constraint(x, 0.6, noise)
      return [...data].flatMap((value, i) => (isKnown(i) ? [(value - alpha * known.data[i]) / sigma] : []))
    }
    const [first, second] = [residuals(), residuals()]
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const n = first.length
    expect(n).toBe(1000)
    expect(Math.abs(mean(first))).toBeLessThan(5 / Math.sqrt(n))
    expect(Math.abs(mean(first.map((value) => value ** 2)) - 1)).toBeLessThan(5 * Math.sqrt(2 / n))
    expect(Math.abs(mean(first.map((value, i) => value * second[i])))).toBeLessThan(5 / Math.sqrt(n)) // independent of each other
  })

  it('is exact where σ = 0, and draws no noise there', () => {
    const result = imputation({ sde, space, known, mask })(x, 0, noNoise)
    result.data.forEach((value, i) => expect(value).toBe(isKnown(i) ? known.data[i] : x.data[i]))
    expect(() => imputation({ sde: veSde(), space, known, mask })(x, 0, noNoise)).toThrow() // σ(0) = σ_min > 0 there
  })

  it('takes one y for all samples, and a mask for each', () => {
    const one = space.slice(known, 3, 1)
    const shared = imputation({ sde, space, known: one, mask })(x, 0, noNoise)
    expect(shared).toEqual(imputation({ sde, space, known: space.concat(new Array(count).fill(one)), mask })(x, 0, noNoise))
    const bits = Uint8Array.from({ length: 4 * count }, (_, i) => (i % 3 === 0 ? 1 : 0))
    for (const y of [known, one]) {
      const each = imputation({ sde, space, known: y, mask: { data: bits, shape } })(x, 0, noNoise)
      each.data.forEach((value, i) => expect(value).toBe(bits[i] ? y.data[i % y.data.length] : x.data[i]))
    }
  })

  it('does not care what y holds where it is not known, NaN included', () => {
    const holes = { ...known, data: known.data.map((value, i) => (isKnown(i) ? value : NaN)) }
    expect(imputation({ sde, space, known: holes, mask })(x, 0.3, freshNoise(space))).toEqual(imputation({ sde, space, known, mask })(x, 0.3, freshNoise(space)))
  })

  it('gives sample 7 of the batch what it gives it alone, to the bit', () => {
    const together = imputation({ sde, space, known, mask })(x, 0.3, freshNoise(space))
    const alone = imputation({ sde, space, known: space.slice(known, 7, 1), mask })(space.slice(x, 7, 1), 0.3, freshNoise(space, 7))
    expect(alone).toEqual(space.slice(together, 7, 1))
  })

  it.each([0, 0.3])('on tensors follows float64 at t = %d (1e-6) and leaves nothing behind, for one y as for many', async (t) => {
    for (const y of [known, space.slice(known, 0, 1)]) {
      const exact = imputation({ sde, space, known: y, mask })(x, t, freshNoise(space))
      const leak = await tensorLeak(async () => {
        const [state, given] = [tensorSpace.fromHost(x), tensorSpace.fromHost(y)]
        const result = imputation({ sde, space: tensorSpace, known: given, mask })(state, t, freshNoise(tensorSpace))
        const { data } = await tensorSpace.toHost(result)
        data.forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(1e-6))
        tensorSpace.release(state, given, result)
      })
      expect(leak).toEqual(noLeak)
    }
  })

  it.each([
    [{ mask: { data: [1, 0], shape: [2] } }, 'mask must have shape (2, 2), or with a batch (500, 2, 2), as what is known; got (2).'],
    [{ mask: { data: [1, 0, 0, 1], shape: [1, 2, 2] } }, 'mask must have shape (2, 2), or with a batch (500, 2, 2), as what is known; got (1, 2, 2).'],
    [{ mask: { data: [1, 0, 0], shape: [2, 2] } }, 'the data of the mask must have shape (4); got (3).'],
    [{ mask: { data: [1, 0, 0.5, 1], shape: [2, 2] } }, 'mask must be 0 (free) or 1 (known) everywhere; got 0.5.'],
  ])('refuses %j at once', (options, message) => {
    expect(() => imputation({ sde, space, known, ...options })).toThrow(message)
  })

  it('refuses a state of another shape, and frees what it made', async () => {
    expect(() => imputation({ sde, space, known, mask })(hostState([1, 2, 3, 4], [1, 2, 2]), 0, noNoise)).toThrow(
      'a state of which something is known must have shape (500, 2, 2); got (1, 2, 2).',
    )
    const masks = imputation({ sde, space, known: space.slice(known, 0, 1), mask: { data: new Uint8Array(12), shape: [3, 2, 2] } })
    expect(() => masks(x, 0, noNoise)).toThrow('mask must have shape (500, 2, 2); got (3, 2, 2).')
    const leak = await tensorLeak(() => {
      const [state, given] = [tensorSpace.fromHost(hostState([1, 2, 3, 4], [1, 4])), tensorSpace.fromHost(hostState([1, 2, 3, 4], [1, 2, 2]))]
      expect(() => imputation({ sde, space: tensorSpace, known: given, mask })(state, 0.5, freshNoise(tensorSpace))).toThrow(ShapeError)
      tensorSpace.release(state, given)
    })
    expect(leak).toEqual(noLeak)
  })
})
