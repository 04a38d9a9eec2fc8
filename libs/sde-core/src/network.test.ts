import '@tensorflow/tfjs-backend-cpu'
import { mul, reshape, setBackend, tensor1d, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { predictor, type Network } from './network'
import { noLeak, tensorLeak } from './testing'
import { vpSde } from './vp-sde'

beforeAll(() => setBackend('cpu'))

/** ε̂ = a t x, which shows the times it was given. */
const network: Network<'noise'> = {
  predicts: 'noise',
  init: () => ({ a: tensor1d([2]) }),
  apply: (params, x, t) => mul(mul(x, reshape(t, [-1, 1])), params['a']),
}

describe('a network as a model', () => {
  it('is handed its parameters and one time per sample, and leaks nothing', async () => {
    const leak = await tensorLeak(async () => {
      const params = network.init(0)
      const x = tensor2d([1, 2, 3], [3, 1])
      const model = predictor(network, params, vpSde())
      const out = model.evaluate(x, Float64Array.of(0.25, 0.5, 1)) as Tensor
      expect(Array.from(await out.data())).toEqual([0.5, 2, 6])
      expect([model.predicts, model.tMin]).toEqual(['noise', 1e-3])
      ;[x, out, params['a']].forEach((made) => made.dispose())
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([-0.1, 1, NaN])('refuses tMin = %s', (tMin) => {
    expect(() => predictor(network, {}, vpSde(), { tMin })).toThrow('tMin must be at least 0 and below tMax (1)')
  })

  it('hands on one label for all samples, or one for each, as int32; without a label no conditions at all', async () => {
    const seen: (number[] | undefined)[] = []
    const labelled: Network<'noise'> = {
      ...network,
      classes: 10,
      apply(params, x, t, conditions) {
        expect(conditions?.label?.dtype ?? 'int32').toBe('int32')
        seen.push(conditions?.label && Array.from(conditions.label.dataSync()))
        return network.apply(params, x, t)
      },
    }
    const params = network.init(0)
    const x = tensor2d([1, 2, 3], [3, 1])
    const times = Float64Array.of(0.25, 0.5, 1)
    const evaluate = (label?: number | ArrayLike<number>) =>
      (predictor(labelled, params, vpSde(), label === undefined ? {} : { label }).evaluate(x, times) as Tensor).dispose()
    const leak = await tensorLeak(() => {
      evaluate(7)
      evaluate([0, 10, 3])
      evaluate(Uint8Array.of(1, 2, 9))
      evaluate()
    })
    expect(leak).toEqual(noLeak)
    expect(seen).toEqual([[7, 7, 7], [0, 10, 3], [1, 2, 9], undefined])
    expect(() => evaluate([1, 2])).toThrow('label must have shape (3); got (2).')
  })

  it('keeps the labels that it was given, whatever becomes of their array', async () => {
    const seen: number[] = []
    const labelled: Network<'noise'> = {
      ...network,
      classes: 10,
      apply(params, x, t, conditions) {
        seen.push(...(conditions?.label?.dataSync() ?? []))
        return network.apply(params, x, t)
      },
    }
    const label = [1, 2]
    const model = predictor(labelled, network.init(0), vpSde(), { label })
    label.fill(99)
    await model.evaluate(tensor2d([1, 2], [2, 1]), Float64Array.of(0.5, 1))
    expect(seen).toEqual([1, 2])
  })

  it.each([[11], [-1], [1.5], [[3, 12]]])('refuses the label %s where there are 10 classes', (label) => {
    expect(() => predictor({ ...network, classes: 10 }, {}, vpSde(), { label })).toThrow('label must be integers from 0 to 10 (10: no label)')
  })

  it('refuses any label where there are no classes', () => {
    expect(() => predictor(network, {}, vpSde(), { label: 0 })).toThrow('label must be left out, since this network has no classes; got [0].')
  })
})
