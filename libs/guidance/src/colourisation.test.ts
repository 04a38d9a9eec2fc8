import '@tensorflow/tfjs-backend-cpu'
import { hostSpace, tensorSpace, vpSde, type HostState, type VectorSpace } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { colourisation } from './colourisation'

beforeAll(() => setBackend('cpu'))

const space = hostSpace
const sde = vpSde()
const shape = [5, 2, 2, 3]
const key = { seed: 3, step: 0, firstSample: 0, draw: 0 }
const x: HostState = space.normal({ ...key, stream: 'x' }, { data: new Float64Array(60), shape })
const known: HostState = space.normal({ ...key, stream: 'y' }, x)
const noise = <X>(where: VectorSpace<X>, firstSample = 0) => (like: X) => where.normal({ ...key, stream: 'z', firstSample }, like)
const noNoise = (): never => expect.unreachable('no noise may be drawn')

/** Coefficients of every pixel in the orthonormal basis (1,1,1)/√3, (1,−1,0)/√2, (1,1,−2)/√6. */
const basis = [[1, 1, 1], [1, -1, 0], [1, 1, -2]].map((v) => v.map((value) => value / Math.hypot(...v)))
const coefficients = ({ data }: HostState) =>
  Array.from({ length: data.length / 3 }, (_, pixel) => basis.map((v) => v.reduce((sum, value, c) => sum + value * data[3 * pixel + c], 0)))

describe('colourisation', () => {
  it('replaces the first coefficient of an orthonormal basis by that of α y + σ z and keeps the other two (1e-15 of their size)', () => {
    const result = coefficients(colourisation({ sde, space, known })(x, 0.3, noise(space)))
    const noisy = space.combine([sde.schedule.alpha(0.3), sde.schedule.sigma(0.3)], [known, noise(space)(x)])
    const [own, given] = [coefficients(x), coefficients(noisy)]
    result.forEach(([grey, ...colour], pixel) => {
      expect(Math.abs(grey - given[pixel][0])).toBeLessThan(5e-15)
      colour.forEach((value, i) => expect(Math.abs(value - own[pixel][i + 1])).toBeLessThan(5e-15))
    })
  })

  it('has the grey of y where σ = 0 (1e-15), whatever the colours of y', () => {
    const grey = { ...known, data: known.data.map((_, i) => known.data.subarray(i - (i % 3), i - (i % 3) + 3).reduce((sum, value) => sum + value / 3, 0)) }
    const [fromColour, fromGrey] = [known, grey].map((y) => colourisation({ sde, space, known: y })(x, 0, noNoise))
    coefficients(fromColour).forEach(([value], pixel) => expect(Math.abs(value - coefficients(known)[pixel][0])).toBeLessThan(5e-15))
    fromColour.data.forEach((value, i) => expect(Math.abs(value - fromGrey.data[i])).toBeLessThan(5e-15))
  })

  it('gives the third sample what it gives it alone, and takes one y for all', () => {
    const together = colourisation({ sde, space, known })(x, 0.3, noise(space))
    const y = space.slice(known, 2, 1)
    expect(colourisation({ sde, space, known: y })(space.slice(x, 2, 1), 0.3, noise(space, 2))).toEqual(space.slice(together, 2, 1))
    expect(space.slice(colourisation({ sde, space, known: y })(x, 0.3, noise(space)), 2, 1)).toEqual(space.slice(together, 2, 1))
  })

  it('on tensors follows float64 (1e-6) and leaves nothing behind', async () => {
    const exact = colourisation({ sde, space, known })(x, 0.3, noise(space))
    const leak = await tensorLeak(async () => {
      const [state, given] = [tensorSpace.fromHost(x), tensorSpace.fromHost(known)]
      const result = colourisation({ sde, space: tensorSpace, known: given })(state, 0.3, noise(tensorSpace))
      const { data } = await tensorSpace.toHost(result)
      data.forEach((value, i) => expect(Math.abs(value - exact.data[i])).toBeLessThan(1e-6))
      tensorSpace.release(state, given, result)
    })
    expect(leak).toEqual(noLeak)
  })

  it('refuses images of one channel, and states of another shape', () => {
    expect(() => colourisation({ sde, space, known: { data: new Float64Array(4), shape: [1, 2, 2, 1] } })).toThrow(
      'the images whose grey is known must have shape (batch, …, channels), at least two channels; got (1, 2, 2, 1).',
    )
    const other = { data: new Float64Array(12), shape: [1, 2, 2, 3] }
    expect(() => colourisation({ sde, space, known })(other, 0, noNoise)).toThrow('a state of which something is known must have shape (5, 2, 2, 3); got (1, 2, 2, 3).')
  })
})
