import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal, InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import {
  add, concat, dispose, grads, mul, ones, setBackend, slice, square, sum, tensor, tensor1d, valueAndGrads, zeros, type Scalar, type Tensor,
} from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomParams } from '../random-params'
import { unet } from './unet'

beforeAll(() => setBackend('cpu'))

const small = { height: 4, width: 8, channels: 2, baseWidth: 4, multipliers: [1, 2], groups: 2, classes: 3, dropout: 0.25, timeScale: 10 } as const
const network = unet({ ...small, predicts: 'noise' })
const params = () => randomParams(network.init(0), 7)
const random = (shape: number[], stream: string): Tensor => {
  const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(values, values.length, { seed: 2, stream, step: 0, firstSample: 0, draw: 0 })
  return tensor(values, shape)
}
const x = () => random([3, 4, 8, 2], 'x')
const t = () => tensor1d([0.01, 0.5, 1])
const labels = (...classes: number[]) => tensor1d(classes, 'int32')
const numbers = async (value: Tensor) => [...(await value.data())]
const maskTensors = (batch: number, step = 1, firstSample = 0) =>
  Object.fromEntries(Object.entries(network.dropoutMasks({ batch, seed: 1, step, firstSample })).map(([name, { data, shape }]) => [name, tensor(data, [...shape])]))
const row = (value: Tensor, i: number) => slice(value, i, 1)

describe('a UNet', () => {
  it('has parameters named by their place, in the order of its layers', () => {
    const tiny = unet({ height: 2, width: 2, predicts: 'v', baseWidth: 2, multipliers: [1, 2], groups: 1, classes: 5, timeFeatures: 6 })
    expect(Object.entries(tiny.init(0)).map(([name, { shape }]) => `${name} (${shape.join(', ')})`)).toMatchInlineSnapshot(`
      [
        "time.0.kernel (6, 8)",
        "time.0.bias (8)",
        "time.1.kernel (8, 8)",
        "time.1.bias (8)",
        "label.kernel (5, 8)",
        "input.kernel (3, 3, 1, 2)",
        "input.bias (2)",
        "down.0.block.0.norm1.scale (2)",
        "down.0.block.0.norm1.shift (2)",
        "down.0.block.0.conv1.kernel (3, 3, 2, 2)",
        "down.0.block.0.time.kernel (8, 2)",
        "down.0.block.0.time.bias (2)",
        "down.0.block.0.norm2.scale (2)",
        "down.0.block.0.norm2.shift (2)",
        "down.0.block.0.conv2.kernel (3, 3, 2, 2)",
        "down.0.block.0.conv2.bias (2)",
        "down.0.downsample.kernel (3, 3, 2, 2)",
        "down.0.downsample.bias (2)",
        "down.1.block.0.norm1.scale (2)",
        "down.1.block.0.norm1.shift (2)",
        "down.1.block.0.conv1.kernel (3, 3, 2, 4)",
        "down.1.block.0.skip.kernel (1, 1, 2, 4)",
        "down.1.block.0.time.kernel (8, 4)",
        "down.1.block.0.time.bias (4)",
        "down.1.block.0.norm2.scale (4)",
        "down.1.block.0.norm2.shift (4)",
        "down.1.block.0.conv2.kernel (3, 3, 4, 4)",
        "down.1.block.0.conv2.bias (4)",
        "middle.block.0.norm1.scale (4)",
        "middle.block.0.norm1.shift (4)",
        "middle.block.0.conv1.kernel (3, 3, 4, 4)",
        "middle.block.0.time.kernel (8, 4)",
        "middle.block.0.time.bias (4)",
        "middle.block.0.norm2.scale (4)",
        "middle.block.0.norm2.shift (4)",
        "middle.block.0.conv2.kernel (3, 3, 4, 4)",
        "middle.block.0.conv2.bias (4)",
        "middle.attention.norm.scale (4)",
        "middle.attention.norm.shift (4)",
        "middle.attention.query.kernel (4, 4)",
        "middle.attention.query.bias (4)",
        "middle.attention.key.kernel (4, 4)",
        "middle.attention.key.bias (4)",
        "middle.attention.value.kernel (4, 4)",
        "middle.attention.value.bias (4)",
        "middle.attention.output.kernel (4, 4)",
        "middle.attention.output.bias (4)",
        "middle.block.1.norm1.scale (4)",
        "middle.block.1.norm1.shift (4)",
        "middle.block.1.conv1.kernel (3, 3, 4, 4)",
        "middle.block.1.time.kernel (8, 4)",
        "middle.block.1.time.bias (4)",
        "middle.block.1.norm2.scale (4)",
        "middle.block.1.norm2.shift (4)",
        "middle.block.1.conv2.kernel (3, 3, 4, 4)",
        "middle.block.1.conv2.bias (4)",
        "up.1.block.0.norm1.scale (4)",
        "up.1.block.0.norm1.shift (4)",
        "up.1.block.0.conv1.kernel (3, 3, 4, 4)",
        "up.1.block.0.skip.kernel (1, 1, 4, 4)",
        "up.1.block.0.joined.norm1.scale (4)",
        "up.1.block.0.joined.norm1.shift (4)",
        "up.1.block.0.joined.conv1.kernel (3, 3, 4, 4)",
        "up.1.block.0.joined.skip.kernel (1, 1, 4, 4)",
        "up.1.block.0.time.kernel (8, 4)",
        "up.1.block.0.time.bias (4)",
        "up.1.block.0.norm2.scale (4)",
        "up.1.block.0.norm2.shift (4)",
        "up.1.block.0.conv2.kernel (3, 3, 4, 4)",
        "up.1.block.0.conv2.bias (4)",
        "up.1.upsample.kernel (3, 3, 4, 2)",
        "up.1.upsample.bias (2)",
        "up.0.block.0.norm1.scale (2)",
        "up.0.block.0.norm1.shift (2)",
        "up.0.block.0.conv1.kernel (3, 3, 2, 2)",
        "up.0.block.0.skip.kernel (1, 1, 2, 2)",
        "up.0.block.0.joined.norm1.scale (2)",
        "up.0.block.0.joined.norm1.shift (2)",
        "up.0.block.0.joined.conv1.kernel (3, 3, 2, 2)",
        "up.0.block.0.joined.skip.kernel (1, 1, 2, 2)",
        "up.0.block.0.time.kernel (8, 2)",
        "up.0.block.0.time.bias (2)",
        "up.0.block.0.norm2.scale (2)",
        "up.0.block.0.norm2.shift (2)",
        "up.0.block.0.conv2.kernel (3, 3, 2, 2)",
        "up.0.block.0.conv2.bias (2)",
        "output.norm.scale (2)",
        "output.norm.shift (2)",
        "output.conv.kernel (3, 3, 2, 1)",
        "output.conv.bias (1)",
      ]
    `)
  })

  it('starts as the zero function, the same bits for the same seed and others for another', async () => {
    const fresh = network.init(3)
    expect(new Set(await numbers(network.apply(fresh, x(), t())))).toEqual(new Set([0]))
    const bits = async (seed: number) => Promise.all(Object.values(network.init(seed)).map(numbers))
    expect(await bits(3)).toEqual(await bits(3))
    expect(await bits(4)).not.toEqual(await bits(3))
  })

  it('starts with kernels of std 1/√fan-in, those that take two inputs over both (5 standard errors, seed 0)', async () => {
    const wide = unet({ height: 4, width: 4, predicts: 'v', baseWidth: 32, multipliers: [1, 2] })
    const fresh = wide.init(0)
    const fanIn = { 'down.0.block.0.conv1': 9 * 32, 'down.1.block.0.skip': 32, 'up.0.block.0.conv1': 9 * 64, 'up.0.block.0.joined.conv1': 9 * 64, 'time.1': 128, 'middle.attention.key': 64 }
    for (const [name, inputs] of Object.entries(fanIn)) {
      const values = await numbers(fresh[`${name}.kernel`])
      const std = Math.sqrt(values.reduce((total, value) => total + value ** 2, 0) / values.length)
      expect(Math.abs(std * Math.sqrt(inputs) - 1)).toBeLessThan(5 / Math.sqrt(2 * values.length))
    }
  })

  it('has gradients that are the extrapolated central differences along a random direction (1 % of their norm)', async () => {
    const at = { ...params(), x: x() } as Params
    const names = Object.keys(at)
    const [weights, masks, label] = [random([3, 4, 8, 2], 'weights'), maskTensors(3), labels(1, 3, 0)]
    const loss = (values: Params) => {
      const { x: images, ...rest } = values
      return sum(mul(network.apply(rest, images, t(), { label, dropout: masks }), weights)) as Scalar
    }
    const { grads: gradients } = valueAndGrads((...values: Tensor[]) => loss(Object.fromEntries(names.map((name, i) => [name, values[i]]))))(
      names.map((name) => at[name]),
    )
    for (const only of [(name: string) => name !== 'x', (name: string) => name === 'x', (name: string) => /norm|time|label|bias/.test(name)]) {
      const towards = Object.fromEntries(names.map((name) => [name, mul(random(at[name].shape, `towards/${name}`), only(name) ? 1 : 0)]))
      const along = await Promise.all(names.map(async (name, i) => (await sum(mul(gradients[i], towards[name])).data())[0]))
      const derivative = along.reduce((total, part) => total + part, 0)
      const norm = Math.hypot(...along)
      const difference = async (h: number) => {
        const value = async (step: number) => (await loss(Object.fromEntries(names.map((name) => [name, add(at[name], mul(towards[name], step))]))).data())[0]
        return ((await value(h)) - (await value(-h))) / (2 * h)
      }
      const h = 8e-3 // where the rounding of the loss, 1e-6 / h, and what the extrapolation leaves, of order h⁴, are both small
      const extrapolated = (4 * (await difference(h)) - (await difference(2 * h))) / 3
      expect(norm).toBeGreaterThan(0.1)
      expect(Math.abs(extrapolated - derivative)).toBeLessThan(0.01 * norm)
    }
  })

  it('is pure: the same bits twice, and each sample alone as in its batch, with its label and its masks', async () => {
    const [p, images, times] = [params(), x(), t()]
    const together = network.apply(p, images, times, { label: labels(2, 0, 3), dropout: maskTensors(3) })
    expect(await numbers(network.apply(p, images, times, { label: labels(2, 0, 3), dropout: maskTensors(3) }))).toEqual(await numbers(together))
    for (const [i, label] of [2, 0, 3].entries()) {
      const alone = network.apply(p, row(images, i), row(times, i) as typeof times, { label: labels(label), dropout: maskTensors(1, 1, i) })
      expect(await numbers(alone)).toEqual(await numbers(row(together, i)))
    }
  })

  it('passes on a NaN of one image to its whole output and to no other image’s, and to every parameter’s gradient', async () => {
    const [p, images] = [params(), await x().data()]
    images[70] = NaN // of the second image
    const broken = tensor(images, [3, 4, 8, 2])
    expect((await numbers(network.apply(p, broken, t()))).map(Number.isNaN)).toEqual(Array.from({ length: 192 }, (_, i) => i >= 64 && i < 128))
    const names = Object.keys(p).filter((name) => name !== 'label.kernel') // no labels are given
    const loss = (...at: Tensor[]) => sum(square(network.apply({ ...p, ...Object.fromEntries(names.map((name, i) => [name, at[i]])) }, broken, t())))
    for (const gradient of grads(loss)(names.map((name) => p[name]))) expect((await numbers(gradient)).some(Number.isNaN)).toBe(true)
  })

  it('takes labels as int32 or as float32, in which a batch of training holds them', async () => {
    const [p, images, times] = [params(), x(), t()]
    const asIntegers = await numbers(network.apply(p, images, times, { label: labels(2, 0, 3) }))
    expect(await numbers(network.apply(p, images, times, { label: tensor1d([2, 0, 3]) }))).toEqual(asIntegers)
  })

  it('takes the label `classes` as none, and tells the others apart', async () => {
    const [p, images, times] = [params(), concat([row(x(), 0), row(x(), 0), row(x(), 0)]), tensor1d([0.3, 0.3, 0.3])]
    const bare = await numbers(network.apply(p, images, times))
    expect(await numbers(network.apply(p, images, times, { label: labels(3, 3, 3) }))).toEqual(bare)
    const [first, second, third] = await Promise.all([0, 1, 2].map((i) => numbers(row(network.apply(p, images, times, { label: labels(0, 1, 3) }), i))))
    expect(first).not.toEqual(second)
    expect(third).toEqual(bare.slice(0, third.length))
  })

  it('leaves nothing behind but what it returns', async () => {
    const [p, images, times, label, masks] = [params(), x(), t(), labels(0, 1, 3), maskTensors(3)]
    expect(await tensorLeak(() => dispose(network.apply(p, images, times, { label, dropout: masks })))).toEqual(noLeak)
    expect(await tensorLeak(() => dispose({ ...network.init(1) }))).toEqual(noLeak)
    expect(await tensorLeak(() => expect(() => network.apply(p, times, times)).toThrow(ShapeError))).toEqual(noLeak)
  })
})

describe('its dropout', () => {
  it('with masks of ones is none', async () => {
    const [p, images, times] = [params(), x(), t()]
    const kept = Object.fromEntries(Object.entries(maskTensors(3)).map(([name, { shape }]) => [name, ones(shape)]))
    expect(await numbers(network.apply(p, images, times, { dropout: kept }))).toEqual(await numbers(network.apply(p, images, times)))
    const dropped = Object.fromEntries(Object.entries(kept).map(([name, { shape }]) => [name, zeros(shape)]))
    expect(await numbers(network.apply(p, images, times, { dropout: dropped }))).not.toEqual(await numbers(network.apply(p, images, times)))
  })

  it('has one mask per block, each a function of seed, step and sample: 0 with its probability, else 1/(1 − dropout), of mean 1', () => {
    const masks = network.dropoutMasks({ batch: 40, seed: 1, step: 9 })
    expect(Object.keys(masks)).toEqual([
      'down.0.block.0.dropout', 'down.1.block.0.dropout', 'middle.block.0.dropout', 'middle.block.1.dropout', 'up.1.block.0.dropout', 'up.0.block.0.dropout',
    ])
    for (const [name, { data, shape }] of Object.entries(masks)) {
      expect(data.length).toBe(shape.reduce((product, axis) => product * axis, 1))
      expect(new Set(data)).toEqual(new Set([0, Math.fround(1 / 0.75)]))
      const share = data.filter((value) => value === 0).length / data.length
      expect(Math.abs(share - 0.25)).toBeLessThan(5 * Math.sqrt(0.25 * 0.75 / data.length))
      const later = network.dropoutMasks({ batch: 2, seed: 1, step: 9, firstSample: 38 })[name]
      expect([...later.data]).toEqual([...data.slice(38 * data.length / 40)])
      expect([...network.dropoutMasks({ batch: 40, seed: 1, step: 10 })[name].data]).not.toEqual([...data])
    }
  })

  it('of 0 has no masks, and takes none of what else is in a batch', async () => {
    const plain = unet({ ...small, dropout: 0, predicts: 'noise' })
    expect(plain.dropoutMasks({ batch: 2, seed: 0, step: 1 })).toEqual({})
    const [p, images] = [params(), x()]
    expect(await numbers(plain.apply(p, images, t(), { dropout: { x: images } }))).toEqual(await numbers(plain.apply(p, images, t())))
  })
})

describe('its errors name the rule, the value and the remedy', () => {
  it.each([
    [{ height: 6, multipliers: [1, 1, 1] }, 'height must be divisible by 4, since it is halved between each two of 3 levels (pad the images, or leave out a multiplier); got 6.'],
    [{ width: 7 }, 'width must be divisible by 2'],
    [{ height: 0 }, 'height must be a positive integer; got 0.'],
    [{ groups: 3 }, 'groups must be a divisor of the features of every level, one of which has 4; got 3.'],
    [{ multipliers: [] }, 'multipliers must be positive integers, at least one; got [].'],
    [{ attentionLevels: [2] }, 'attentionLevels must be levels from 0 to 1; got [2].'],
    [{ timeFeatures: 5 }, 'timeFeatures must be an even integer of at least 2; got 5.'],
    [{ timeEmbedding: 'fourrier' as 'fourier' }, "timeEmbedding must be 'sinusoidal' or 'fourier'; got 'fourrier'."],
    [{ predicts: 'eps' as 'noise' }, "predicts must be 'score', 'noise', 'data' or 'v'; got 'eps'."],
    [{ timeScale: -1 }, 'timeScale must be a positive number; got -1.'],
    [{ classes: -1 }, 'classes must be a non-negative integer; got -1.'],
    [{ dropout: 1 }, 'dropout must be at least 0 and below 1; got 1.'],
  ])('at construction: %o', (options, message) => {
    expect(() => unet({ ...small, predicts: 'noise', ...options })).toThrow(message)
  })

  it('for inputs of another shape', () => {
    const p = params()
    expect(() => network.apply(p, zeros([3, 8, 4, 2]), t())).toThrow('x must have shape (batch, 4, 8, 2); got (3, 8, 4, 2).')
    expect(() => network.apply(p, x(), tensor1d([1, 2]))).toThrow('t must have shape (3); got (2).')
    expect(() => network.apply(p, x(), t(), { label: labels(1) })).toThrow('conditions.label must have shape (3); got (1).')
    expect(() => unet({ ...small, classes: 0, predicts: 'noise' }).apply(p, x(), t(), { label: labels(1, 1, 1) })).toThrow('since this network has no classes')
  })

  it('for parameters that are missing, foreign or of another network, naming the first', () => {
    const { 'middle.block.0.conv1.kernel': taken, ...rest } = params()
    expect(() => network.apply(rest, x(), t())).toThrow('with middle.block.0.conv1.kernel')
    expect(() => network.apply({ ...rest, 'middle.block.0.conv1.kernel': taken, 'middle.block.9.conv1.kernel': taken }, x(), t())).toThrow('middle.block.9.conv1.kernel')
    const wider = unet({ ...small, baseWidth: 8, predicts: 'noise' })
    expect(() => wider.apply(params(), x(), t())).toThrow('the parameter time.0.kernel must have shape (32, 32); got (32, 16).')
  })

  it('for masks that are missing or of another batch', () => {
    expect(() => network.apply(params(), x(), t(), { dropout: {} })).toThrow(InvalidArgumentError)
    expect(() => network.apply(params(), x(), t(), { dropout: maskTensors(2) })).toThrow('the mask down.0.block.0.dropout must have shape (3, 4, 8, 4); got (2, 4, 8, 4).')
    expect(() => network.dropoutMasks({ batch: 0, seed: 0, step: 1 })).toThrow('batch must be a positive integer; got 0.')
  })
})
