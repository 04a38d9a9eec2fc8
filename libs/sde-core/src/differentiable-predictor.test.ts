import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { add, mul, reshape, setBackend, sin, square, sub, sum, tensor2d, zerosLike, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { convert } from './convert'
import { differentiable, isDifferentiable, vectorJacobian, type Covector, type DifferentiablePredictor } from './differentiable-predictor'
import { edmSde } from './edm-sde'
import { empiricalTarget } from './exact/empirical'
import type { ExactModel } from './exact/exact-model'
import { gaussianTarget } from './exact/gaussian'
import { mixtureTarget } from './exact/mixture'
import { scalarMixtureTarget } from './exact/scalar-mixture'
import { hostSpace } from './host-space'
import { hostState, type HostState } from './host-state'
import { predictor, type Network } from './network'
import { predictions } from './prediction'
import { evaluate, type Predictor } from './predictor'
import { tensorSpace } from './tensor-space'
import { differentiableOnTensors } from './tensor-gradient'
import { noLeak, tensorLeak } from './testing'
import { vpSde } from './vp-sde'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const models: readonly (readonly [string, ExactModel])[] = [
  ['Gaussian in the plane', gaussianTarget({ sde, mean: [1, -2], std: [0.5, 0.1] })],
  ['mixture in the plane', mixtureTarget({ sde, weights: [0.4, 0.6], means: [[1, -1], [-0.5, 0.5]], stds: [[0.3, 0.6], [0.2, 0.9]] })],
  ['mixture on the line under EDM', scalarMixtureTarget({ sde: edmSde(), weights: [0.3, 0.7], means: [-1, 1], stds: [0.5, 0.2] })],
  ['empirical law in the plane', empiricalTarget({ sde, points: hostState([1, -1, -0.5, 0.5, 0, 0.2], [3, 2]) })],
]
const numbers = [-1.3, -1.1, 0.05, 0.9, 0.7, 2, -0.4, 0.3]
const covectors = [0.3, -1, 0.5, 2, -0.7, 1, 1.3, 0.2]
const stateOf = (model: ExactModel, data: readonly number[]) => hostState(data, [data.length / model.sampleShape[0], ...model.sampleShape])

/** vᵀ ∂p/∂x by central differences. */
async function finiteDifferences(model: Predictor<'score' | 'noise' | 'data' | 'v', HostState>, x: HostState, t: Float64Array, v: HostState): Promise<Float64Array> {
  const size = x.data.length / x.shape[0]
  const h = 1e-5
  const result = new Float64Array(x.data.length)
  for (let i = 0; i < x.data.length; i++) {
    const at = async (shift: number) => {
      const data = x.data.slice()
      data[i] += shift
      return (await evaluate(hostSpace, model, { data, shape: x.shape }, t)).data
    }
    const [above, below] = [await at(h), await at(-h)]
    const from = Math.floor(i / size) * size
    for (let d = from; d < from + size; d++) result[i] += (v.data[d] * (above[d] - below[d])) / (2 * h)
  }
  return result
}

describe.each(models)('the Jacobian of a %s', (_, model) => {
  const [x, v] = [stateOf(model, numbers), stateOf(model, covectors)]
  const times = Float64Array.from({ length: x.shape[0] }, (__, i) => 0.2 + (0.7 * i) / x.shape[0])

  it.each(predictions)('of %s is what central differences give (1e-8 of the largest), with the prediction beside it', async (predicts) => {
    const exact = model.predictor(predicts, hostSpace)
    for (const t of [times, new Float64Array(x.shape[0]).fill(0.4)]) {
      const { prediction, product } = await vectorJacobian(hostSpace, exact, x, t, v)
      const expected = await finiteDifferences(exact, x, t, v)
      const scale = Math.max(...expected.map(Math.abs))
      product.data.forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-8 * scale))
      expect(prediction.data).toEqual((await evaluate(hostSpace, exact, x, t)).data)
    }
  })

  it('on tensors follows float64 to 1e-4 of its largest value, for shared and per-sample times, and leaks nothing', async () => {
    const leak = await tensorLeak(async () => {
      const [state, covector] = [tensorSpace.fromHost(x), tensorSpace.fromHost(v)]
      for (const predicts of predictions) {
        for (const t of [times, new Float64Array(x.shape[0]).fill(0.4)]) {
          const exact = await vectorJacobian(hostSpace, model.predictor(predicts, hostSpace), x, t, v)
          const onTensors = await vectorJacobian(tensorSpace, model.predictor(predicts, tensorSpace), state, t, covector)
          const scale = Math.max(...exact.product.data.map(Math.abs))
          ;(await onTensors.product.data()).forEach((value, i) => expect(Math.abs(value - exact.product.data[i])).toBeLessThan(1e-4 * scale))
          tensorSpace.release(onTensors.prediction, onTensors.product)
        }
      }
      tensorSpace.release(state, covector)
    })
    expect(leak).toEqual(noLeak)
  })

  it('survives every conversion: as exact as the closed form of the target (1e-9 of the largest), for a v and for a rule', async () => {
    for (const from of predictions) {
      for (const to of predictions) {
        const converted = convert(model.predictor(from, hostSpace), to, { sde: model.sde, space: hostSpace })
        const closed = model.predictor(to, hostSpace)
        const rule: Covector<HostState> = (p) => hostSpace.combine([0.7, 1], [p, v])
        for (const covector of [v, rule]) {
          const [actual, expected] = [converted, closed].map((each) => vectorJacobian(hostSpace, each, x, times, covector))
          const [a, b] = [(await actual).product.data, (await expected).product.data]
          const scale = Math.max(...b.map(Math.abs))
          a.forEach((value, i) => expect(Math.abs(value - b[i])).toBeLessThan(1e-9 * scale))
        }
      }
    }
  })
})

it('the Jacobian of a Gaussian’s score is −1/Σ, and of its posterior mean α s²/Σ (1e-14)', async () => {
  const model = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
  const [alpha, sigma] = [sde.schedule.alpha(0.4), sde.schedule.sigma(0.4)]
  const variance = 0.25 * alpha ** 2 + sigma ** 2
  const product = async (predicts: 'score' | 'data') =>
    (await vectorJacobian(hostSpace, model.predictor(predicts, hostSpace), hostState([1.7]), Float64Array.of(0.4), hostState([3]))).product.data[0]
  expect(Math.abs((await product('score')) + 3 / variance)).toBeLessThan(1e-14 * 10)
  expect(Math.abs((await product('data')) - (3 * alpha * 0.25) / variance)).toBeLessThan(1e-14)
})

/** ε̂ = sin(x) ‖x‖² + a t x over each sample: no diagonal Jacobian. */
const network: Network<'noise'> = {
  predicts: 'noise',
  init: () => ({ a: tensor2d([[2, -1]]) }),
  apply: (params, x, t) => add(mul(sin(x), sum(square(x), 1, true)), mul(mul(x, reshape(t, [-1, 1])), params['a'])),
}
const byHand: Predictor<'noise', HostState> = {
  predicts: 'noise',
  evaluate: ({ data, shape }, t) => ({
    data: data.map((value, i) => {
      const from = 2 * Math.floor(i / 2)
      return Math.sin(value) * (data[from] ** 2 + data[from + 1] ** 2) + value * t[from / 2] * [2, -1][i % 2]
    }),
    shape,
  }),
}

describe('a network as a model', () => {
  const [x, v] = [hostState(numbers, [4, 2]), hostState(covectors, [4, 2])]
  const t = Float64Array.of(0.2, 0.4, 0.6, 0.8)

  it('has the Jacobian that central differences of the same function give (1e-5 of the largest), itself and converted, and leaks nothing', async () => {
    for (const to of predictions) {
      const expected = await finiteDifferences(convert(byHand, to, { sde, space: hostSpace }), x, t, v)
      const scale = Math.max(...expected.map(Math.abs))
      const leak = await tensorLeak(async () => {
        const params = network.init(0)
        const [state, covector] = [tensorSpace.fromHost(x), tensorSpace.fromHost(v)]
        const model = convert(predictor(network, params, sde), to, { sde, space: tensorSpace })
        const { prediction, product } = await vectorJacobian(tensorSpace, model, state, t, covector)
        ;(await product.data()).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-5 * scale))
        const plain = await evaluate(tensorSpace, model, state, t)
        expect(await prediction.data()).toEqual(await plain.data())
        tensorSpace.release(state, covector, prediction, product, plain, params['a'])
      })
      expect(leak).toEqual(noLeak)
    }
  })

  it('is evaluated once for a v that depends on its prediction, which stays usable, and leaks nothing', async () => {
    let evaluations = 0
    const counted: Network<'noise'> = { ...network, apply: (...given) => (evaluations++, network.apply(...given)) }
    const y = hostState(covectors.toReversed(), [4, 2])
    for (const to of ['noise', 'data'] as const) {
      const model = convert(byHand, to, { sde, space: hostSpace })
      const residual = hostSpace.combine([1, -1], [await evaluate(hostSpace, model, x, t), y])
      const expected = await finiteDifferences(model, x, t, residual) // the gradient of ½ ‖p − y‖²
      const scale = Math.max(...expected.map(Math.abs))
      evaluations = 0
      const leak = await tensorLeak(async () => {
        const params = network.init(0)
        const [state, target] = [tensorSpace.fromHost(x), tensorSpace.fromHost(y)]
        const onTensors = convert(predictor(counted, params, sde), to, { sde, space: tensorSpace })
        const { prediction, product } = await vectorJacobian(tensorSpace, onTensors, state, t, (p) => sub(p, target))
        ;(await product.data()).forEach((value, i) => expect(Math.abs(value - expected[i])).toBeLessThan(1e-5 * scale))
        tensorSpace.release(state, target, prediction, product, params['a'])
      })
      expect(leak).toEqual(noLeak)
      expect(evaluations).toBe(1)
    }
  })

  it('is asked at tMin below it, and has the Jacobian 0 where it does not depend on x', async () => {
    const seen: number[] = []
    const constant = differentiableOnTensors({
      predicts: 'data',
      tMin: 0.1,
      evaluate(state, times) {
        seen.push(...times)
        return zerosLike(state)
      },
    })
    const leak = await tensorLeak(async () => {
      const state = tensorSpace.fromHost(x)
      const { prediction, product } = await vectorJacobian(tensorSpace, constant, state, Float64Array.of(0, 0.05, 0.1, 1), state)
      expect(Array.from(await product.data(), Math.abs)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
      tensorSpace.release(state, prediction, product)
    })
    expect(leak).toEqual(noLeak)
    expect(seen).toEqual([0.1, 0.1, 0.1, 1])
  })
})

describe('a model of one’s own', () => {
  /** Hands over a tensor of another shape, which is freed. */
  const withOther = async (action: (other: Tensor) => Promise<unknown>) => {
    const other = tensor2d([[1, 2]])
    await action(other).finally(() => other.dispose())
  }
  const [x, v, t] = [hostState([1, 2, 3, 4], [2, 2]), hostState([1, 1, 2, 2], [2, 2]), Float64Array.of(0.3, 0.5)]
  const cube: Predictor<'data', HostState> = { predicts: 'data', tMin: 0.4, evaluate: ({ data, shape }) => ({ data: data.map((value) => value ** 3), shape }) }

  it('takes the derivative that it is given, with its tMin', async () => {
    const seen: Float64Array[] = []
    const model = differentiable(hostSpace, cube, (state, times, covector) => {
      seen.push(times)
      return { data: state.data.map((value, i) => 3 * value ** 2 * covector.data[i]), shape: state.shape }
    })
    expect([isDifferentiable(model), isDifferentiable(cube)]).toEqual([true, false])
    expect(Array.from((await vectorJacobian(hostSpace, model, x, t, v)).product.data)).toEqual([3, 12, 54, 96])
    expect(Array.from((await vectorJacobian(hostSpace, model, x, t, (p) => hostSpace.combine([1], [p]))).product.data)).toEqual([3, 96, 729, 3072])
    expect(Array.from(seen[0])).toEqual([0.4, 0.5])
  })

  it.each<[string, (model: Predictor<'data', Tensor>, state: Tensor) => Promise<unknown>, string]>([
    ['no derivative', (model, state) => vectorJacobian(tensorSpace, model, state, t, state), 'model must be differentiable: an exact model'],
    ['a promise', (model, state) => vectorJacobian(tensorSpace, differentiableOnTensors({ ...model, evaluate: async (y) => mul(y, 2) }), state, t, state), 'model.evaluate must be synchronous'],
    ['a v of another shape', (model, state) => withOther((v) => vectorJacobian(tensorSpace, differentiableOnTensors(model), state, t, v)), 'v must have shape (2, 2); got (1, 2).'],
    ['a rule that makes another shape', (model, state) => vectorJacobian(tensorSpace, differentiableOnTensors(model), state, t, (p) => sum(p, 1)), 'what the function v returns must have shape (2, 2); got (2).'],
    ['a rule that returns the prediction', (model, state) => vectorJacobian(tensorSpace, differentiableOnTensors(model), state, t, (p) => p), 'v must be a function that returns a new state'],
    ['a rule that fails', (model, state) => vectorJacobian(tensorSpace, convert(differentiableOnTensors(model), 'noise', { sde, space: tensorSpace }), state, t, () => { throw new Error('no') }), 'no'],
    ['another shape predicted', (model, state) => vectorJacobian(tensorSpace, differentiableOnTensors({ ...model, evaluate: (y) => sum(y, 1) }), state, t, (p) => mul(p, 1)), 'must have shape (2, 2); got (2).'],
    ['a product of another shape', (model, state) => vectorJacobian(tensorSpace, differentiable(tensorSpace, model, (y) => sum(y, 1)), state, t, state), 'the product of the data model\'s Jacobian must have shape (2, 2); got (2).'],
    ['a product that fails', (model, state) => vectorJacobian(tensorSpace, differentiable(tensorSpace, model, () => { throw new Error('no') }), state, t, state), 'no'],
    ['times of another batch', (model, state) => vectorJacobian(tensorSpace, differentiableOnTensors(model), state, Float64Array.of(1), state), 'the times t must have shape (2); got (1).'],
  ])('with %s is refused, and leaks nothing', async (_, attempt, message) => {
    const leak = await tensorLeak(async () => {
      const state = tensorSpace.fromHost(x)
      await expect(attempt({ predicts: 'data', evaluate: (y) => mul(y, y) }, state)).rejects.toThrow(message)
      state.dispose()
    })
    expect(leak).toEqual(noLeak)
  })

  it('of the four predictions keeps its tag', () => {
    const model: DifferentiablePredictor<'data', HostState> = differentiable(hostSpace, cube, (state) => state)
    expect(model.predicts).toBe('data')
  })
})
