import '@tensorflow/tfjs-backend-cpu'
import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { dispose, setBackend, tensor1d, tensor2d, type Tensor1D } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { fourierFrequencies, gaussianFourierEmbedding } from './fourier-embedding'

beforeAll(() => setBackend('cpu'))

const times = [0, 1e-3, 0.37, 1].map(Math.fround)

describe('the Gaussian Fourier embedding', () => {
  it.each([{ size: 8 }, { size: 6, scale: 2, seed: 3 }])('is cos, then sin, of 2π times its frequencies in float64 to 2⁻²³ of the angle and its phase, for %o', async (options) => {
    const { size, scale = 16, seed = 0 } = options
    const frequencies = fourierFrequencies({ size, scale, seed })
    const features = gaussianFourierEmbedding(tensor1d(times), options)
    expect(features.shape).toEqual([times.length, size])
    const values = await features.data()
    times.forEach((t, i) => frequencies.forEach((frequency, k) => {
      const angle = 2 * Math.PI * frequency * t
      const rounding = (phase: number) => 2 ** -23 * (Math.abs(angle) + phase) + 2 ** -24
      expect(Math.abs(values[i * size + k] - Math.cos(angle))).toBeLessThanOrEqual(rounding(Math.PI / 2))
      expect(Math.abs(values[i * size + size / 2 + k] - Math.sin(angle))).toBeLessThanOrEqual(rounding(0))
    }))
  })

  it('has frequencies from N(0, scale²): mean and std within 5 standard errors (seed 1, n = 5000), others for another seed', () => {
    const options = { size: 1e4, scale: 16, seed: 1 }
    const drawn = fourierFrequencies(options)
    const mean = drawn.reduce((total, value) => total + value, 0) / 5000
    const std = Math.sqrt(drawn.reduce((total, value) => total + value ** 2, 0) / 5000)
    expect(Math.abs(mean)).toBeLessThan(5 * 16 / Math.sqrt(5000))
    expect(Math.abs(std / 16 - 1)).toBeLessThan(5 / Math.sqrt(2 * 5000))
    expect(fourierFrequencies(options)).toEqual(drawn)
    expect(fourierFrequencies({ ...options, seed: 2 })).not.toEqual(drawn)
  })

  it('leaves nothing behind but what it returns', async () => {
    const t = tensor1d(times)
    expect(await tensorLeak(() => dispose(gaussianFourierEmbedding(t, { size: 8 })))).toEqual(noLeak)
  })

  it('refuses a size that is odd or below 2, a scale that is not positive, and times that are no vector', () => {
    const t = tensor1d(times)
    for (const size of [0, 3, NaN]) expect(() => gaussianFourierEmbedding(t, { size })).toThrow(`size must be an even integer of at least 2; got ${size}.`)
    expect(() => gaussianFourierEmbedding(t, { size: 4, scale: 0 })).toThrow(InvalidArgumentError)
    expect(() => gaussianFourierEmbedding(tensor2d([[1, 2]]) as unknown as Tensor1D, { size: 4 })).toThrow(ShapeError)
  })
})
