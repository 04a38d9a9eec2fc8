import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { labelLogProbabilityGradient, logProbabilityGradient } from '@sbgm/guidance'
import { compile } from '@sbgm/onnx'
import { fillNormal } from '@sbgm/sde-core'
import { noisyClassifier } from '@sbgm/unet'
import { setBackend, tensor, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { beforeAll, expect, it } from 'vitest'

beforeAll(() => setBackend('cpu'))

const classifier = noisyClassifier({ height: 4, width: 4, baseWidth: 4, multipliers: [1, 2], groups: 2, timeScale: 10, classes: 3 })

/** Noise in place of the zeros that a fresh classifier has. */
const noisy = (name: string, shape: readonly number[]): Tensor => {
  const data = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(data, data.length, { seed: 4, stream: name, step: 0, firstSample: 0, draw: 0 })
  return tensor(data, [...shape])
}

it('the gradient of a classifier\'s ln p(label | x) is compiled into one graph and is what it is eagerly (1e-5 of its size), two images of two classes', async () => {
  const params = Object.fromEntries(Object.entries(classifier.init(0)).map(([name, value]) => [name, noisy(name, value.shape)]))
  const [x, times, labels] = [noisy('x', [2, 4, 4, 1]), [0.1, 0.8], [2, 0]]
  const eager = labelLogProbabilityGradient((y, t) => classifier.apply(params, y, t), labels, { classes: 3 })
  const expected = await (await eager(x, Float64Array.from(times))).data()

  const compiled = await compile(({ x: y, t, labels: wanted, ...weights }) => ({
    gradient: logProbabilityGradient((state, time) => classifier.apply(weights, state, time))(y, t as Tensor1D, wanted as Tensor1D),
  }))
  expect(compiled.engine).toBe('onnxruntime')
  try {
    const { gradient } = await compiled.run({ ...params, x, t: tensor1d(times), labels: tensor1d(labels) })
    const found = await gradient.data()
    const size = Math.max(...expected.map(Math.abs))
    expect(size).toBeGreaterThan(0.01)
    expected.forEach((value, i) => expect(Math.abs(found[i] - value)).toBeLessThan(1e-5 * size))
  } finally {
    await compiled.close()
  }
})
