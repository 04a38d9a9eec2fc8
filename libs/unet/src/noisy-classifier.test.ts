import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal, InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { add, dispose, grad, logSoftmax, mul, oneHot, setBackend, slice, sum, tensor, tensor1d, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomParams } from '../random-params'
import { noisyClassifier } from './noisy-classifier'
import { unet } from './unet'

beforeAll(() => setBackend('cpu'))

const body = { height: 4, width: 4, baseWidth: 4, multipliers: [1, 2], groups: 2, timeScale: 10 }
const classifier = noisyClassifier({ ...body, classes: 3 })
const params = (): Params => randomParams(classifier.init(0), 5)
const random = (shape: number[], stream: string): Tensor => {
  const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(values, values.length, { seed: 6, stream, step: 0, firstSample: 0, draw: 0 })
  return tensor(values, shape)
}
const x = () => random([2, 4, 4, 1], 'x')
const t = () => tensor1d([0.1, 0.9])
const numbers = async (value: Tensor) => [...(await value.data())]

describe('a classifier of noisy images', () => {
  it('is the way down of a UNet: the same parameters there, and two layers of its own', () => {
    const shapes = (of: Params) => Object.fromEntries(Object.entries(of).map(([name, { shape }]) => [name, shape]))
    const whole = shapes(unet({ ...body, predicts: 'score' }).init(0))
    const down = Object.fromEntries(Object.entries(whole).filter(([name]) => !/^(up|output)\./.test(name)))
    expect(shapes(classifier.init(0))).toEqual({
      ...down, 'output.norm.scale': [8], 'output.norm.shift': [8], 'output.logits.kernel': [8, 3], 'output.logits.bias': [3],
    })
  })

  it('starts by calling all classes equal', async () => {
    const logits = classifier.apply(classifier.init(1), x(), t())
    expect(logits.shape).toEqual([2, 3])
    expect(new Set(await numbers(logits))).toEqual(new Set([0]))
  })

  it('judges each image at its own time and alone as in its batch', async () => {
    const [p, images, times] = [params(), x(), t()]
    const together = await numbers(classifier.apply(p, images, times))
    const alone = await Promise.all([0, 1].map((i) => numbers(classifier.apply(p, slice(images, i, 1), slice(times, i, 1)))))
    expect(alone.flat()).toEqual(together)
    expect(await numbers(classifier.apply(p, images, tensor1d([0.2, 0.9])))).not.toEqual(together)
  })

  it('has the gradient in x that guidance takes, of log p(y | x): extrapolated central differences (1 %)', async () => {
    const [p, images, times, towards] = [params(), x(), t(), random([2, 4, 4, 1], 'towards')]
    const logDensity = (at: Tensor) => sum(mul(logSoftmax(classifier.apply(p, at, times)), oneHot(tensor1d([2, 0], 'int32'), 3) as Tensor2D))
    const [derivative] = await numbers(sum(mul(grad(logDensity)(images), towards)))
    const value = async (step: number) => (await numbers(logDensity(add(images, mul(towards, step)))))[0]
    const difference = async (h: number) => ((await value(h)) - (await value(-h))) / (2 * h)
    const h = 8e-3
    expect(Math.abs(derivative)).toBeGreaterThan(0.01)
    expect(Math.abs((4 * (await difference(h)) - (await difference(2 * h))) / 3 - derivative)).toBeLessThan(0.01 * Math.abs(derivative))
  })

  it('leaves nothing behind but what it returns', async () => {
    const [p, images, times] = [params(), x(), t()]
    expect(await tensorLeak(() => dispose(classifier.apply(p, images, times)))).toEqual(noLeak)
  })

  it('refuses fewer than two classes, sizes that do not divide, and inputs or parameters of another shape', () => {
    expect(() => noisyClassifier({ ...body, classes: 1 })).toThrow('classes must be an integer of at least 2; got 1.')
    expect(() => noisyClassifier({ ...body, height: 5, classes: 3 })).toThrow('height must be divisible by 2')
    expect(() => classifier.apply(params(), zeros([2, 4, 4, 2]), t())).toThrow(ShapeError)
    expect(() => classifier.apply({}, x(), t())).toThrow(InvalidArgumentError)
  })
})
