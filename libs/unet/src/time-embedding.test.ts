import '@tensorflow/tfjs-backend-cpu'
import { dispose, setBackend, tensor1d, tensor2d, type Tensor1D } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { sinusoidalEmbedding } from './time-embedding'

beforeAll(() => setBackend('cpu'))

const times = [0, 1e-5, 1e-3, 0.1, 0.37, 0.5, 1].map(Math.fround)

describe('the sinusoidal embedding', () => {
  it.each([
    { size: 2 },
    { size: 32 },
    { size: 6, scale: 1, maxPeriod: 100 },
  ])('is cos, then sin, of scale · t · maxPeriod^(−k/(size/2)) in float64 to 2⁻²³ of the angle and its phase, for %o', async (options) => {
    const { size, scale = 1000, maxPeriod = 1e4 } = options
    const features = sinusoidalEmbedding(tensor1d(times), options)
    expect(features.shape).toEqual([times.length, size])
    const values = await features.data()
    times.forEach((t, i) => {
      for (let k = 0; k < size / 2; k++) {
        const angle = scale * t * Math.exp(-(k / (size / 2)) * Math.log(maxPeriod))
        const rounding = (phase: number) => 2 ** -23 * (angle + phase) + 2 ** -24 // frequency, product, sum and feature are each rounded once
        expect(Math.abs(values[i * size + k] - Math.cos(angle))).toBeLessThanOrEqual(rounding(Math.PI / 2))
        expect(Math.abs(values[i * size + size / 2 + k] - Math.sin(angle))).toBeLessThanOrEqual(rounding(0))
      }
    })
  })

  it('has norm √(size/2) at every time (the rounding of an angle of 1000)', async () => {
    const values = await sinusoidalEmbedding(tensor1d(times), { size: 16 }).data()
    times.forEach((_, i) => {
      expect(Math.abs(Math.hypot(...values.slice(i * 16, (i + 1) * 16)) - Math.sqrt(8))).toBeLessThan(2 ** -23 * 1002)
    })
  })

  it('leaves nothing behind but what it returns', async () => {
    const t = tensor1d(times)
    expect(await tensorLeak(() => dispose(sinusoidalEmbedding(t, { size: 8 })))).toEqual(noLeak)
  })

  it('refuses a size that is odd or below 2, a scale or period that is not positive, and times that are no vector', () => {
    const t = tensor1d(times)
    for (const size of [0, 3, -2, 2.5, NaN]) {
      expect(() => sinusoidalEmbedding(t, { size })).toThrow(`size must be an even integer of at least 2; got ${size}.`)
    }
    expect(() => sinusoidalEmbedding(t, { size: 4, scale: 0 })).toThrow(InvalidArgumentError)
    expect(() => sinusoidalEmbedding(t, { size: 4, maxPeriod: Infinity })).toThrow('maxPeriod must be a positive number; got Infinity.')
    expect(() => sinusoidalEmbedding(tensor2d([[1, 2]]) as unknown as Tensor1D, { size: 4 })).toThrow(ShapeError)
  })
})
