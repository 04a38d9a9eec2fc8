import { BackendUnavailableError, openBackend, type Backend } from '@sbgm/backends'
import { eulerMaruyama, lastState, uniPc } from '@sbgm/samplers'
import { fillNormal, predictor, probabilityFlow, reverseSde, samplePrior, tensorSpace, uniformGrid, vpSde, type Params } from '@sbgm/sde-core'
import { adamW, eagerRunner, flattenParameters, parameterLayout, parametersFromHost, trainStep, type HostArray, type Loss } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, engine, grads, mean, memory, mul, square, squaredDifference, sum, tensor, tensor1d, tidy, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { noAdapter, offerSwiftShader } from '../../../../tools/software-gpu'

const network = unet({ height: 8, width: 8, predicts: 'noise', baseWidth: 8, multipliers: [1, 2], groups: 4 })
const sde = vpSde()

const normals = (stream: string, shape: readonly number[], scale = 1): HostArray => {
  const data = new Float32Array(shape.reduce((size, axis) => size * axis, 1))
  fillNormal(data, data.length, { seed: 4, stream, step: 0, firstSample: 0, draw: 0 })
  return { data: data.map((value) => scale * value), shape }
}
const made = (stream: string, shape: readonly number[]) => tensor(normals(stream, shape).data, [...shape])

/** Parameters of which none is zero, as those of a fresh network partly are. */
function parameters(): Params {
  const like = network.init(1)
  const params = parametersFromHost(Object.fromEntries(Object.entries(like).map(([name, { shape }]) => [name, normals(name, shape, 0.1)])), like)
  dispose({ ...like })
  return params
}
const loss: Loss = (params, { x, noise, t }) => mean(squaredDifference(network.apply(params, x, t as Tensor1D), noise)) as Scalar
const batch = { x: normals('x', [4, 8, 8, 1]), noise: normals('noise', [4, 8, 8, 1]), t: { data: Float32Array.of(0.1, 0.4, 0.6, 0.9), shape: [4] } }

const numbersOf = async (tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Float32Array>> =>
  Object.fromEntries(await Promise.all(Object.entries(tensors).map(async ([name, value]) => [name, Float32Array.from(await value.data())] as const)))

/** What is computed on both backends. */
const works = {
  async gradients() {
    const params = parameters()
    const names = Object.keys(params)
    const results = tidy(() => {
      const [x, weights, t] = [made('x', [2, 8, 8, 1]), made('weights', [2, 8, 8, 1]), tensor1d([0.1, 0.8])]
      const named = (tensors: readonly Tensor[]): Params => Object.fromEntries(names.map((name, i) => [name, tensors[i]]))
      const weighted = (...tensors: Tensor[]) => sum(mul(weights, square(network.apply(named(tensors), tensors[names.length], t)))) as Scalar
      const gradients = grads(weighted)([...names.map((name) => params[name]), x])
      return { output: network.apply(params, x, t), ...named(gradients), x: gradients[names.length] }
    })
    const numbers = await numbersOf(results)
    dispose([results, { ...params }])
    return numbers
  },
  /** With an epsilon at which the update is smooth in the gradient: near 0 it else turns round-off into steps of full length. */
  async training() {
    const params = parameters()
    const step = trainStep({ layout: parameterLayout(params), optimizer: adamW({ weightDecay: 0.01, epsilon: 1e-3 }), loss })
    const flat = flattenParameters(params, step.layout)
    const start = (await flat.data()) as Float32Array
    dispose([flat, { ...params }])
    const zeros = () => new Float32Array(step.layout.total)
    const running = await eagerRunner(step).begin({ parameters: start, average: start, first: zeros(), second: zeros() })
    const outcomes = []
    for (let number = 1; number <= 2; number++) outcomes.push(await running.run(batch, step.rates(number, { learningRate: 1e-3, averageDecay: 0.9 })))
    const { first, second, average } = await running.read()
    await running.end()
    return { loss: Float32Array.from(outcomes, (outcome) => outcome.loss), gradientNorm: Float32Array.from(outcomes, (outcome) => outcome.gradientNorm), first, second, average }
  },
  async sampling() {
    const params = parameters()
    const model = predictor(network, params, sde, { tMin: 1e-3 })
    const grid = uniformGrid({ from: 1, to: 1e-3, steps: 2 })
    const x = samplePrior({ sde, space: tensorSpace, shape: [2, 8, 8, 1], seed: 3 })
    const run = (dynamics: ReturnType<typeof reverseSde<Tensor>>, sampler: ReturnType<typeof eulerMaruyama<Tensor>>) => lastState({ dynamics, sampler, grid, space: tensorSpace, x, seed: 3 })
    const images = { reverse: await run(reverseSde(sde, model, tensorSpace), eulerMaruyama()), flow: await run(probabilityFlow(sde, model, tensorSpace), uniPc()) }
    const numbers = await numbersOf(images)
    dispose([images, x, { ...params }])
    return numbers
  },
}

let backend: Backend | undefined
let missing = ''
const expected: Partial<Record<keyof typeof works, Record<string, Float32Array>>> = {}
beforeAll(async () => {
  offerSwiftShader()
  const cpu = await openBackend({ engine: 'cpu' })
  for (const name of ['gradients', 'training', 'sampling'] as const) expected[name] = await works[name]()
  await cpu.close()
  try {
    backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error)) throw error
    missing = noAdapter(error.message)
  }
}, 120_000)
beforeEach((context) => void (missing !== '' && context.skip(missing)))
afterAll(() => backend?.close())

describe('a small UNet on webgpu, compared with the cpu backend,', () => {
  it.each([
    ['gradients', 'forward and in the gradients of its input and of every parameter'],
    ['training', 'in two training steps: losses, norms, moments and the averaged weights'],
    ['sampling', 'in two steps of the reverse SDE and of UniPC along the flow'],
  ] as const)('%s: agrees %s, within 1e-5 of the largest number of each, or 1e-7 of all, and leaves no tensor behind', async (...[name]) => {
    const actual: Readonly<Record<string, Float32Array>> = await works[name]()
    const { numTensors } = memory()
    const host = expected[name] ?? {}
    expect(Object.keys(actual)).toEqual(Object.keys(host))
    const largestOf = (data: Float32Array) => data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const overall = Math.max(...Object.values(host).map(largestOf))
    for (const [key, data] of Object.entries(host)) {
      const largest = largestOf(data)
      const difference = data.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[key][i])), 0)
      expect(difference, key).toBeLessThan(Math.max(1e-5 * largest, 1e-7 * overall)) // the second for gradients that are 0 but for rounding, as attention's keys have
    }
    expect(numTensors).toBe(0)
  }, 240_000)

  it('asks for group norms, for the vector of parameters and for the step of AdamW by the names under which the backend has them', async () => {
    const spy = vi.spyOn(engine(), 'runKernel')
    await works.training()
    const asked = new Set(spy.mock.calls.map(([name]) => name))
    spy.mockRestore()
    expect([...asked]).toEqual(expect.arrayContaining(['sbgm.GroupNorm', 'sbgm.GroupNormGrad', 'sbgm.Unflatten', 'sbgm.Flatten', 'sbgm.AdamWStep']))
    expect([...asked]).not.toContain('Rsqrt') // of a group norm that is composed
  }, 240_000)
})
