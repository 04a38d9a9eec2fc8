import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal } from '@sbgm/sde-core'
import {
  add, conv2d, grad, grads, mul, ones, pad, reshape, setBackend, sigmoid, square, sum, tensor, tensor1d, tile, transpose, zeros, type Tensor, type Tensor4D,
} from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { convolution } from './convolution'
import { groupNorm } from './group-norm'
import { addBias } from './per-channel'
import { silu } from './silu'
import { upsampleNearest } from './upsample'

beforeAll(() => setBackend('cpu'))

const random = (shape: number[], stream: string): Tensor => {
  const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(values, values.length, { seed: 4, stream, step: 0, firstSample: 0, draw: 0 })
  return tensor(values, shape)
}

/** Expects two functions to have the same values and the same gradients of a weighted sum, to 1e-5 of the largest. */
async function expectSame(actual: (...at: Tensor[]) => Tensor, expected: (...at: Tensor[]) => Tensor, at: Tensor[]): Promise<void> {
  const weights = random(expected(...at).shape, 'weights')
  const all = (f: typeof actual) => [f(...at), ...grads((...inputs: Tensor[]) => sum(mul(weights, f(...inputs))))(at)]
  const [got, wanted] = [all(actual), all(expected)]
  for (const [i, value] of wanted.entries()) {
    expect(got[i].shape).toEqual(value.shape)
    const [a, b] = await Promise.all([got[i].data(), value.data()])
    expect(Math.max(...a.map((entry, k) => Math.abs(entry - b[k])))).toBeLessThanOrEqual(1e-5 * Math.max(...b.map(Math.abs)))
  }
}

const x = random([2, 4, 6, 3], 'x')

describe('what is written by hand has the values and gradients of what the tape derives', () => {
  it('SiLU: x · sigmoid(x)', () => expectSame(silu, (at) => mul(at, sigmoid(at)), [x]))

  it('a bias along the channels', () => expectSame((at, bias) => addBias(at as Tensor4D, bias), add, [x, random([3], 'bias')]))

  it('nearest upsampling: every pixel four times, for batches too', () =>
    expectSame((at) => upsampleNearest(at as Tensor4D), (at) => {
      const doubled = (images: Tensor, columns: number) => reshape(tile(reshape(images, [2, -1, 1, columns * 3]), [1, 1, 2, 1]), [2, -1, columns, 3])
      const turned = (images: Tensor) => transpose(images, [0, 2, 1, 3])
      return turned(doubled(turned(doubled(at, 6)), 8))
    }, [x]))
})

describe('a second derivative, which would be wrong, is refused', () => {
  it.each([
    ['SiLU', silu],
    ['group normalisation', (at: Tensor) => groupNorm('n', { shape: [4, 6, 3], groups: 3 }).apply({ 'n.scale': ones([3]), 'n.shift': zeros([3]) }, at as Tensor4D)],
  ])('of %s', (_, layer) => {
    const weights = random(x.shape, 'weights')
    const gradientOf = (loss: (value: Tensor) => Tensor) => grad((at) => sum(mul(grad((input) => sum(loss(layer(input))))(at), weights)))
    expect(() => gradientOf(square)(x)).toThrow('must be differentiated once only')
    expect(() => gradientOf((value) => value)(x)).toThrow('Cannot compute gradient') // nothing of dy depends on x
  })
})

describe('a convolution', () => {
  it.each([[1, 1], [3, 1], [3, 2], [5, 1]] as const)('of size %s and stride %s is a valid one of images with (size − 1)/2 zeros on every side', (size, stride) => {
    const layer = convolution('c', { input: [4, 6, 3], channels: 2, size, stride })
    const params = { 'c.kernel': random([size, size, 3, 2], 'kernel'), 'c.bias': tensor1d([0.5, -2]) }
    const edge = (size - 1) / 2
    expect(layer.output).toEqual([4 / stride, 6 / stride, 2])
    return expectSame(
      (at) => layer.apply(params, at as Tensor4D),
      (at) => add(conv2d(pad(at, [[0, 0], [edge, edge], [edge, edge], [0, 0]]) as Tensor4D, params['c.kernel'] as Tensor4D, stride, 'valid'), params['c.bias']),
      [x],
    )
  })
})
