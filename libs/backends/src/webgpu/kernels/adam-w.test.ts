import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { onGpu } from '../on-gpu.fixture'

onGpu()

const [beta1, beta2, epsilon, weightDecay] = [0.9, 0.999, 1e-8, 0.01]
const rates = { learningRate: 1e-3, firstCorrection: 2.5, secondCorrection: 40, decay: 0.95 }
const vectors = (size: number) => {
  const made = (seed: number, scale: number) => Float32Array.from({ length: size }, (_, i) => scale * Math.sin(seed + 0.7 * i))
  return { parameters: made(1, 1), average: made(2, 1), first: made(3, 0.1), second: made(4, 0.1).map((value) => value * value), gradient: made(5, 0.3) }
}

async function run(given: ReturnType<typeof vectors>, clipNorm: number) {
  const results: tf.Tensor[] = tf.tidy(() => {
    const inputs = Object.fromEntries(Object.entries({ ...given, rates: Float32Array.from(Object.values(rates)) }).map(([name, data]) => [name, tf.tensor1d(data)]))
    return tf.engine().runKernel('sbgm.AdamWStep', inputs, { beta1, beta2, epsilon, weightDecay, clipNorm })
  })
  const numbers = await Promise.all(results.map((tensor) => tensor.data()))
  tf.dispose(results)
  return numbers
}

/** Norm, clipping, moments, parameters, average, in float64. */
function reference({ parameters, average, first, second, gradient }: ReturnType<typeof vectors>, clipNorm: number) {
  const norm = Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0))
  const clip = Math.min(1, clipNorm / norm)
  const m = Array.from(first, (value, i) => beta1 * value + (1 - beta1) * clip * gradient[i])
  const v = Array.from(second, (value, i) => beta2 * value + (1 - beta2) * (clip * gradient[i]) ** 2)
  const p = Array.from(parameters, (value, i) =>
    value - rates.learningRate * ((m[i] * rates.firstCorrection) / (Math.sqrt(v[i] * rates.secondCorrection) + epsilon) + weightDecay * value))
  return [p, p.map((value, i) => rates.decay * average[i] + (1 - rates.decay) * value), m, v, [norm]]
}

describe('a step of AdamW with clipping and average, a kernel of its own on webgpu,', () => {
  it('is that of float64 to 2e-6 of the largest number, and the same bits again: 1 to 50,001 numbers, clipped or not', async () => {
    for (const [size, clipNorm] of [[1, 1], [255, Infinity], [4097, 1], [50_001, 1], [50_001, 1e4]]) {
      const given = vectors(size)
      const [actual, again] = [await run(given, clipNorm), await run(given, clipNorm)]
      expect(again).toEqual(actual)
      reference(given, clipNorm).forEach((wanted, which) => {
        expect(actual[which]).toHaveLength(wanted.length)
        const largest = wanted.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
        const difference = wanted.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[which][i])), 0)
        expect(difference / largest, ['parameters', 'average', 'first', 'second', 'norm'][which] + ` of ${size}`).toBeLessThan(2e-6)
      })
    }
  })

  it('leaves a gradient of zeros at zero, and the parameters where weight decay alone moves them', async () => {
    const given = { ...vectors(10), gradient: new Float32Array(10), first: new Float32Array(10), second: new Float32Array(10) }
    const [parameters, , first, second, norm] = await run(given, 1)
    expect([...first, ...second, ...norm].every((value) => value === 0)).toBe(true)
    parameters.forEach((value, i) => expect(value).toBeCloseTo(given.parameters[i] * (1 - weightDecay * rates.learningRate), 6))
  })
})
