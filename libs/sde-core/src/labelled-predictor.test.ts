import '@tensorflow/tfjs-backend-cpu'
import { add, cast, mul, reshape, setBackend, tensor2d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { InvalidArgumentError, ShapeError } from './errors'
import { labelledPredictor } from './labelled-predictor'
import type { Network } from './network'
import { noLeak, tensorLeak } from './testing'
import { vpSde } from './vp-sde'

beforeAll(() => setBackend('cpu'))

/** Predicts 100 · label + t + x, for three classes. */
const network: Network<'noise'> = {
  predicts: 'noise',
  classes: 3,
  init: () => ({}),
  apply(_params, x, t, { label } = {}) {
    const perSample = (row: Tensor) => reshape(row, [-1, 1])
    return add(add(mul(perSample(cast(label as Tensor1D, 'float32')), 100), perSample(t)), x)
  },
}
const times = Float64Array.of(0.25, 0.5)

describe('a labelled predictor', () => {
  const model = labelledPredictor(network, {}, vpSde(), { tMin: 0.01 })

  it('hands each sample its own time and label on, `classes` among them, and leaves nothing behind', async () => {
    expect([model.predicts, model.classes, model.tMin]).toEqual(['noise', 3, 0.01])
    const leak = await tensorLeak(async () => {
      const x = tensor2d([[1], [2]])
      const prediction = await model.evaluate(x, times, Int32Array.of(2, 3))
      expect(Array.from(await prediction.data())).toEqual([201.25, 302.5])
      x.dispose()
      prediction.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([
    [[0, 4], InvalidArgumentError, 'labels must be integers from 0 to 3 (3: no label); got 4.'],
    [[0, -1], InvalidArgumentError, 'labels must be integers from 0 to 3 (3: no label); got -1.'],
    [[0], ShapeError, 'labels must have shape (2); got (1).'],
  ] as const)('refuses the labels %j for two samples', (labels, errorClass, message) => {
    const x = tensor2d([[1], [2]])
    const evaluate = () => model.evaluate(x, times, Int32Array.from(labels))
    expect(evaluate).toThrow(errorClass)
    expect(evaluate).toThrow(message)
  })

  it('refuses a network without classes, and a tMin outside the times of the SDE', () => {
    const { init, apply } = network
    expect(() => labelledPredictor({ predicts: 'noise', init, apply }, {}, vpSde())).toThrow('network.classes must be at least 1')
    expect(() => labelledPredictor(network, {}, vpSde(), { tMin: 1 })).toThrow('tMin must be at least 0 and below tMax (1); got 1.')
  })
})
