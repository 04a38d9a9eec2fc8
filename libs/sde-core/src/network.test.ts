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
})
