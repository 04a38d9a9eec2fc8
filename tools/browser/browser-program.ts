import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers' // registers the gradients
import { twoMoons } from '@sbgm/datasets'
import { wasserstein1 } from '@sbgm/evaluation'
import { classifierFree, labelLogProbabilityGradient } from '@sbgm/guidance'
import { compileForward, onnxModel, type ForwardFunction } from '@sbgm/onnx'
import { dpmSolverPlusPlus2M, lastState } from '@sbgm/samplers'
import {
  denoisingExample, denoisingLoss, fillNormal, hostSpace, hostState, labelledPredictor, lambdaGrid, probabilityFlow, reverseSde, samplePrior, scalarMixtureTarget, tensorSpace,
  timeSampler, vpSde, type Params, type VectorSpace,
} from '@sbgm/sde-core'
import { adamW, constantRate, eagerRunner, emaDecay, parameterLayout, train, trainStep } from '@sbgm/training'
import { noisyClassifier, scoreMlp, unet } from '@sbgm/unet'
import { figure, line, panel } from '@sbgm/viz'
import { dispose, memory, square, tensor, tensor1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { everySampler } from '../guided-sampling/every-sampler'
import { watchSynchronousReads } from './synchronous-reads'

/** Numbers by name. */
export type Numbers = Readonly<Record<string, readonly number[]>>

/** What a part of the program gave, and what it should not have done. */
export interface Outcome {
  /** What came out. */
  readonly numbers: Numbers
  /** Tensors that were not freed. */
  readonly left: number
  /** Where a tensor was read synchronously. */
  readonly synchronousReads: readonly string[]
}

const sde = vpSde()
/** A law on the line whose flow is known in closed form. */
export const law = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
/** Where the samplers begin, at t = 1. */
export const start = hostState([-2, -0.5, 0, 1, 2])
/** Where they end. */
export const end = 1e-2

/** Where every sampler ends, the law in the place of a network, seed 7; stochastic ones go by the reverse SDE, the others by the flow. */
export async function everyEnd<X>(space: VectorSpace<X>): Promise<Numbers> {
  const model = law.predictor('noise', space)
  const ends: Record<string, readonly number[]> = {}
  for (const { name, make } of everySampler) {
    const sampler = make<X>()
    const x = space.fromHost(start)
    const dynamics = (sampler.stochastic ? reverseSde : probabilityFlow)(sde, model, space)
    const last = await lastState({ dynamics, sampler, grid: lambdaGrid(sde.schedule, { from: 1, to: end, steps: 4 }), space, x, seed: 7 })
    ends[name] = Array.from((await space.toHost(last)).data)
    space.release(x, last)
  }
  return ends
}

/** Where DPM-Solver++(2M) ends in 32 steps. */
async function closedForm(): Promise<Numbers> {
  const x = tensorSpace.fromHost(start)
  const grid = lambdaGrid(sde.schedule, { from: 1, to: end, steps: 32 })
  const last = await lastState<Tensor>({ dynamics: probabilityFlow(sde, law.predictor('data', tensorSpace), tensorSpace), sampler: dpmSolverPlusPlus2M(), grid, space: tensorSpace, x, seed: 0 })
  return { '2M': await read(last, x) }
}

const batch = 4 // everywhere: WebGL compiles its programs for each shape anew
const images = { height: 8, width: 8, baseWidth: 4, multipliers: [1, 2], groups: 2, classes: 3, timeScale: 10 } as const
const network = unet({ ...images, predicts: 'data' })

/** Images of noise. */
const noisyImages = (count: number): Tensor => samplePrior<Tensor>({ sde, space: tensorSpace, shape: [count, 8, 8, 1], seed: 3 })

/** The UNet's forward pass with labels, and four steps of 2M by it with classifier-free guidance. */
async function networks(): Promise<Numbers> {
  const params = noisy(network.init(0))
  const [x, t, label] = [noisyImages(batch), tensor1d([0.2, 0.7, 0.4, 1]), tensor1d([1, 3, 0, 2], 'int32')]
  const forward = await read(network.apply(params, x, t, { label }), x)
  const start = noisyImages(batch / 2) // guidance doubles it
  const guided = classifierFree(labelledPredictor(network, params, sde), { label: 2, scale: 1.5, space: tensorSpace })
  const grid = lambdaGrid(sde.schedule, { from: 1, to: 0.1, steps: 4 })
  const last = await lastState({ dynamics: probabilityFlow(sde, guided, tensorSpace), sampler: dpmSolverPlusPlus2M(), grid, space: tensorSpace, x: start, seed: 0 })
  return { forward, guided: await read(last, start, t, label, params) }
}

/** ∇ ln p_t(label | x) of a classifier, and the losses of three training steps of a perceptron. */
async function gradients(): Promise<Numbers> {
  const classifier = noisyClassifier(images)
  const weights = noisy(classifier.init(0))
  const x = noisyImages(batch)
  const gradient = labelLogProbabilityGradient((y, time) => classifier.apply(weights, y, time), [2, 0, 1, 2], { classes: 3 })
  const guidance = await read(await gradient(x, Float64Array.of(0.1, 0.8, 0.3, 0.5)), x, weights)

  const points = scoreMlp({ dim: 2, predicts: 'noise', width: 16 })
  const initial = points.init(0)
  const step = trainStep({
    layout: parameterLayout(initial),
    optimizer: adamW(),
    loss: (params, { x: y, t, target, weight }) => denoisingLoss(points.apply(params, y, t as Tensor1D), target, weight as Tensor1D),
  })
  const run = train({
    runner: eagerRunner(step), params: initial, steps: 3, learningRate: constantRate({ rate: 1e-3 }), averageDecay: emaDecay(0.9),
    batch(number) {
      const { times } = timeSampler({ sde, tMin: 1e-3 })({ count: 16, seed: 1, step: number })
      const x0 = twoMoons().draw({ count: 16, seed: 1, firstSample: 16 * number })
      const noise = hostSpace.normal({ seed: 1, stream: 'noise', step: number, firstSample: 0, draw: 0 }, x0)
      const { x: y, target, weight } = denoisingExample({ sde, space: hostSpace, x0, noise, t: times, predicts: points.predicts })
      return { x: y, target, weight: { data: weight, shape: [16] }, t: { data: times, shape: [16] } }
    },
  })
  const losses: number[] = []
  let event = await run.next()
  for (; !event.done; event = await run.next()) losses.push(event.value.loss)
  dispose([event.value.params, event.value.average, initial])
  return { guidance, losses }
}

/** The start of a run, drawn; and what the libraries that compute on the host say: points, a distance, a picture. */
async function host(): Promise<Numbers> {
  const noise = await read(samplePrior<Tensor>({ sde, space: tensorSpace, shape: [64, 1], seed: 11 }))
  const points = twoMoons().draw({ count: 16, seed: 5 }).data
  const svg = figure({ title: 'Two moons', rows: [{ height: 200, cells: [panel({ layers: [line({ x: points.filter((_, i) => i % 2 === 0), y: points.filter((_, i) => i % 2 === 1) })] })] }] })
  return { noise, points: Array.from(points), distance: [wasserstein1(noise, points)], picture: await digest(new TextEncoder().encode(svg)) }
}

/** An ONNX file of the network, and the network as `compileForward` runs it. */
async function onnx(): Promise<Numbers> {
  const params = noisy(network.init(0))
  const forward: ForwardFunction = (weights, { x, t }) => ({ data: network.apply(weights, x, t as Tensor1D) })
  const file = await onnxModel(forward, params, { inputs: { x: { shape: ['batch', 8, 8, 1] }, t: { shape: ['batch'] } } })
  const compiled = await compileForward(forward, params)
  const [x, t] = [noisyImages(batch), tensor1d([0.2, 0.7, 0.4, 1])]
  const { data } = await compiled.run({ x, t })
  await compiled.close()
  return { file: await digest(file), compiled: await read(data, x, t, params) }
}

/** What must not be done: a result is waited for. */
async function synchronous(): Promise<Numbers> {
  const squares = tidy(() => square(tensor(Float32Array.from({ length: 5000 }, (_, i) => i))))
  const numbers = Array.from(squares.dataSync().subarray(0, 3))
  squares.dispose()
  return { numbers }
}

/** The parts of the program, by name. */
export const parts = { host, everyEnd: () => everyEnd(tensorSpace), closedForm, networks, gradients, onnx, synchronous } as const

/** Runs a part on the backend that is active. */
export async function outcomeOf(part: keyof typeof parts): Promise<Outcome> {
  const before = memory().numTensors
  const watch = watchSynchronousReads()
  try {
    const numbers = await parts[part]()
    return { numbers, left: memory().numTensors - before, synchronousReads: watch.seen }
  } finally {
    watch.end()
  }
}

/** SHA-256. */
const digest = async (bytes: Uint8Array): Promise<readonly number[]> => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', Uint8Array.from(bytes))))

/** A tensor's numbers; it and the others are disposed of. */
async function read(x: Tensor, ...others: readonly (Tensor | Params)[]): Promise<readonly number[]> {
  const data = Array.from(await x.data())
  dispose([x, ...others])
  return data
}

/** Noise in the place of initial parameters, many of which are zero; disposes of those. */
function noisy(params: Params): Params {
  const named = Object.entries(params).map(([name, { shape, size }]) => {
    const data = new Float32Array(size)
    fillNormal(data, size, { seed: 4, stream: name, step: 0, firstSample: 0, draw: 0 })
    return [name, tensor(data.map((value) => 0.3 * value), [...shape])] as const
  })
  dispose(params)
  return Object.fromEntries(named)
}
