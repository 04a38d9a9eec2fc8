import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { madeNumbers } from '../../made-numbers.fixture'
import { onGpu } from '../on-gpu.fixture'

interface Case {
  readonly shape: readonly [number, number, number, number]
  readonly groups: number
  readonly activation: 'none' | 'silu'
  readonly offset: boolean
  /** Of the images. @defaultValue 0 and 1 */
  readonly mean?: number
  readonly std?: number
}

onGpu()

const epsilon = 1e-5
const operandsOf = ({ shape: [batch, height, width, channels], offset, mean = 0, std = 1 }: Case) => ({
  x: madeNumbers([batch * height * width * channels], 1).map((value) => mean + std * value),
  dy: madeNumbers([batch * height * width * channels], 2),
  scale: madeNumbers([channels], 3),
  shift: madeNumbers([channels], 4),
  ...(offset && { offset: madeNumbers([batch * channels], 5).map((value) => 3 * value * std) }),
})

/** Definition and gradients in float64. */
function reference({ shape: [batch, height, width, channels], groups, activation }: Case, { x, dy, scale, shift, offset }: ReturnType<typeof operandsOf> & { offset?: Float32Array }) {
  const [pixels, members] = [height * width, channels / groups]
  const zeros = (size: number) => new Float64Array(size)
  const made = { y: zeros(x.length), dx: zeros(x.length), dScale: zeros(channels), dShift: zeros(channels), dOffset: zeros(batch * channels) }
  for (let group = 0; group < batch * groups; group++) {
    const [sample, first] = [Math.floor(group / groups), (group % groups) * members]
    const places = Array.from({ length: pixels * members }, (_, i) => ({ c: first + (i % members), at: (sample * pixels + Math.floor(i / members)) * channels + first + (i % members) }))
    const values = places.map(({ c, at }) => x[at] + (offset?.[sample * channels + c] ?? 0))
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const root = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length + epsilon)
    const normal = values.map((value) => (value - mean) / root)
    const dz = places.map(({ c, at }, i) => {
      const z = scale[c] * normal[i] + shift[c]
      const s = 1 / (1 + Math.exp(-z))
      made.y[at] = activation === 'silu' ? z * s : z
      return activation === 'silu' ? dy[at] * (s + z * s * (1 - s)) : dy[at]
    })
    const meanOf = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0) / numbers.length
    const [level, slope] = [meanOf(places.map(({ c }, i) => scale[c] * dz[i])), meanOf(places.map(({ c }, i) => scale[c] * dz[i] * normal[i]))]
    places.forEach(({ c, at }, i) => {
      made.dx[at] = (scale[c] * dz[i] - level - normal[i] * slope) / root
      made.dScale[c] += dz[i] * normal[i]
      made.dShift[c] += dz[i]
      made.dOffset[sample * channels + c] += made.dx[at]
    })
  }
  return made
}

async function run(which: Case, operands: ReturnType<typeof operandsOf>) {
  const { shape, groups, activation } = which
  const [batch, , , channels] = shape
  const results = tf.tidy(() => {
    const inputs = Object.fromEntries(Object.entries(operands).map(([name, data]) => [name, tf.tensor(data, name === 'offset' ? [batch, channels] : data.length === channels && name.startsWith('s') ? [channels] : [...shape])]))
    const { dy, ...forward } = inputs
    const attributes = { groups, epsilon, activation }
    const y: tf.Tensor = tf.engine().runKernel('sbgm.GroupNorm', forward, attributes)
    const [dx, dScale, dShift, ...dOffset]: tf.Tensor[] = tf.engine().runKernel('sbgm.GroupNormGrad', { ...forward, dy }, attributes)
    return { y, dx, dScale, dShift, ...(dOffset.length > 0 && { dOffset: dOffset[0] }) }
  })
  const shapes = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, tensor.shape]))
  expect(shapes).toEqual({ y: shape, dx: shape, dScale: [channels], dShift: [channels], ...(which.offset && { dOffset: [batch, channels] }) })
  const numbers = Object.fromEntries(await Promise.all(Object.entries(results).map(async ([name, tensor]) => [name, await tensor.data()] as const)))
  tf.dispose(results)
  return numbers
}

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((most, value) => Math.max(most, Math.abs(value)), 0)

describe('group norm and its gradient, each a kernel of its own on webgpu,', () => {
  const cases: readonly Case[] = [
    { shape: [3, 7, 5, 12], groups: 3, activation: 'silu', offset: true },
    { shape: [2, 5, 6, 6], groups: 1, activation: 'none', offset: false },
    { shape: [1, 9, 3, 10], groups: 10, activation: 'silu', offset: false },
    { shape: [1, 1, 1, 9], groups: 3, activation: 'none', offset: true },
    { shape: [37, 4, 4, 8], groups: 2, activation: 'silu', offset: true },
    { shape: [2, 2, 3, 300], groups: 1, activation: 'silu', offset: true }, // more channels in a group than invocations in a workgroup
    { shape: [2, 6, 6, 8], groups: 2, activation: 'silu', offset: true, mean: 100, std: 0.01 },
    { shape: [2, 6, 6, 8], groups: 2, activation: 'none', offset: false, mean: -3e4, std: 1 },
    { shape: [2, 6, 6, 8], groups: 2, activation: 'silu', offset: false, mean: 0, std: 1e4 },
  ]

  it('are those of float64 to 2e-5 of the largest number and of the rounding of the images, and the same bits again', async () => {
    for (const which of cases) {
      const operands = operandsOf(which)
      const expected = reference(which, operands)
      const [actual, again] = [await run(which, operands), await run(which, operands)]
      expect(again, JSON.stringify(which)).toEqual(actual)
      const rounding = 2 ** -23 * (largest(operands.x) / Math.max(which.std ?? 1, Math.sqrt(epsilon))) // of a pixel that is centred
      for (const [name, values] of Object.entries(actual)) {
        const wanted = expected[name as keyof typeof expected]
        const difference = Array.from(values).reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0)
        const scale = Math.max(largest(wanted), name === 'dOffset' ? largest(expected.dx) : 0) // sums that cancel to nothing where a group is a channel
        expect(difference / scale, `${name}, ${JSON.stringify(which)}`).toBeLessThan(2e-5 + 4 * rounding)
      }
    }
  })
})
