import { openBackend, type Backend } from '@sbgm/backends'
import { eulerMaruyama } from '@sbgm/samplers'
import { denoisingLoss, fillNormal, reverseSde, tensorSpace, uniformGrid, vpSde, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { adamW, constantRate, emaDecay, parameterLayout, train, trainStep, type HostBatch, type TrainingState } from '@sbgm/training'
import { imageClassifier, scoreMlp, unet } from '@sbgm/unet'
import { dispose, tensor, tidy, type Tensor1D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImages } from '../images/sample-images'
import { quietContext } from '../judges/stand-in-judges'
import type { Compute, Forward } from './compute'
import { eagerCompute } from './eager-compute'
import { onnxCompute } from './onnx-compute'
import { openPredictor } from './open-predictor'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const compute = onnxCompute({ threads: 2 })
const size = { height: 8, width: 8, channels: 1 }
const network = unet({ ...size, predicts: 'noise', baseWidth: 16, multipliers: [1, 2], blocksPerLevel: 1 })
const normals = (length: number, stream: string, step = 0): Float32Array => {
  const values = new Float32Array(length)
  fillNormal(values, length, { seed: 1, stream, step, firstSample: 0, draw: 0 })
  return values
}

/** Weights that are all used: none is zero, as some are at a network's start. */
const stirred = (initial: Params): Params => tidy(() => {
  const weights = Object.entries(initial).map(([name, { shape, size: count }]) => [name, tensor(normals(count, name).map((value) => 0.3 * value), shape)] as const)
  dispose({ ...initial })
  return Object.fromEntries(weights)
})

describe('a compiled network', () => {
  const classifier = imageClassifier({ ...size, widths: [16, 16], classes: 10 })
  const mlp = scoreMlp({ dim: 1, predicts: 'v', width: 64, layers: 3 })
  const networks: readonly { name: string, params: () => Params, rowShape: readonly number[], forward: Forward }[] = [
    { name: 'UNet', params: () => stirred(network.init(1)), rowShape: [8, 8, 1], forward: (params, { x, t }) => ({ out: network.apply(params, x, t as Tensor1D) }) },
    { name: 'classifier', params: () => stirred(classifier.init(1)), rowShape: [8, 8, 1], forward: (params, { x }) => ({ out: classifier.apply(params, x).logits }) },
    { name: 'perceptron', params: () => stirred(mlp.init(1)), rowShape: [1], forward: (params, { x, t }) => ({ out: mlp.apply(params, x, t as Tensor1D) }) },
  ]

  it.each(networks)('says the same of a sample to the last bit at any place of any batch, and what the backend says to 1e-4 (the $name)', async ({ params: weights, rowShape, forward }) => {
    const params = weights()
    const width = rowShape.reduce((product, length) => product * length, 1)
    const [samples, times] = [normals(50 * width, 'x'), normals(50, 't').map((value) => Math.abs(Math.sin(value)))]
    const rowsOf = async (bound: ReturnType<Compute['bind']>, indices: readonly number[]): Promise<Float32Array[]> => {
      const row = (i: number) => Array.from(samples.subarray(i * width, (i + 1) * width))
      const x = tensor(Float32Array.from(indices.flatMap(row)), [indices.length, ...rowShape])
      const t = tensor(Float32Array.from(indices, (i) => times[i]))
      const { out } = await bound.run({ x, t }).finally(() => dispose([x, t]))
      const data = (await out.data()) as Float32Array
      out.dispose()
      return indices.map((_, k) => data.slice((k * data.length) / indices.length, ((k + 1) * data.length) / indices.length))
    }
    const [compiled, eager] = [compute, eagerCompute].map((by) => by.bind(forward, params, 16))
    try {
      const all = await rowsOf(compiled, Array.from({ length: 50 }, (_, i) => i))
      const [alone] = await rowsOf(compiled, [7])
      const among = await rowsOf(compiled, [40, 3, 7, 12])
      const last = await rowsOf(compiled, [...Array.from({ length: 15 }, (_, i) => 20 + i), 7])
      for (const row of [alone, among[2], last[15]]) expect(row).toEqual(all[7])
      expect(among[0]).toEqual(all[40])
      const largest = Math.max(...all.flatMap((row) => Array.from(row, Math.abs)))
      const expected = await rowsOf(eager, [7, 40])
      expected.forEach((row, i) => row.forEach((value, k) => expect(Math.abs(value - [all[7], all[40]][i][k])).toBeLessThan(1e-4 * largest)))
    } finally {
      await compiled.close()
      dispose({ ...params })
    }
  })

  it('leaves no tensor behind but its outputs, and may be closed before it was used and twice', async () => {
    const params = network.init(1)
    expect(await tensorLeak(async () => {
      const model = openPredictor(compute, network, params, vpSde(), { tMin: 1e-3, rows: 4 })
      const x = tensor(normals(3 * 64, 'x'), [3, 8, 8, 1])
      dispose([x, await model.evaluate(x, new Float64Array(3).fill(0.5))])
      await model.close()
      await model.close()
      await openPredictor(compute, network, params, vpSde(), { tMin: 1e-3, rows: 4 }).close()
    })).toEqual(noLeak)
    dispose({ ...params })
  })

  it('samples the same images to the last bit in batches of 5, 3 and 2', async () => {
    const params = stirred(network.init(1))
    const sde = vpSde()
    const model = openPredictor(compute, network, params, sde, { tMin: 1e-3, rows: 4 })
    const folder = { has: () => false, write: () => undefined } as unknown as Parameters<typeof sampleImages>[1]['folder']
    const imagesIn = (batch: number) => sampleImages({
      name: 'images', label: 'sampling', dynamics: reverseSde(sde, model, tensorSpace), model: '', sampler: eulerMaruyama(),
      grid: uniformGrid({ from: 1, to: 0, steps: 4 }), size, count: 5, batch, stream: 'test',
    }, { ...quietContext(), folder, seed: 3, resume: false })
    try {
      const whole = await imagesIn(5)
      expect(await imagesIn(3)).toEqual(whole)
      expect(await imagesIn(2)).toEqual(whole)
    } finally {
      await model.close()
      dispose({ ...params })
    }
  })
})

describe('a compiled training', () => {
  const batch = (step: number): HostBatch => ({
    x: { data: normals(6 * 64, 'batch/x', step), shape: [6, 8, 8, 1] },
    target: { data: normals(6 * 64, 'batch/target', step), shape: [6, 8, 8, 1] },
    weight: { data: new Float64Array(6).fill(1), shape: [6] },
    t: { data: normals(6, 'batch/t', step).map((value) => Math.abs(Math.sin(value))), shape: [6] },
  })
  /** Trains up to a step; gives the state after it and the losses on the way. */
  async function trained(by: Compute, steps: number, from?: TrainingState): Promise<{ readonly state: TrainingState | undefined, readonly losses: readonly number[] }> {
    const params = network.init(4)
    const step = trainStep({
      layout: parameterLayout(params),
      optimizer: adamW(),
      loss: (weights, { x, t, target, weight }) => denoisingLoss(network.apply(weights, x, t as Tensor1D), target, weight as Tensor1D),
    })
    const losses: number[] = []
    let state: TrainingState | undefined
    const run = train({ runner: by.runner(step), params, from, steps, batch, learningRate: constantRate({ rate: 1e-3 }), averageDecay: emaDecay(0.9) })
    for (let next = await run.next(); ; next = await run.next()) {
      if (next.done) {
        dispose([...Object.values(next.value.params), ...Object.values(next.value.average), ...Object.values(params)])
        return { state, losses }
      }
      losses.push(next.value.loss)
      if (next.value.step === steps) state = await next.value.snapshot()
    }
  }
  const withoutTime = ({ state }: Awaited<ReturnType<typeof trained>>) => ({ ...state, seconds: 0 })

  it('repeated has the same bits on two threads, and so has one that was left after three steps and went on', async () => {
    const whole = await trained(compute, 5)
    expect(withoutTime(await trained(compute, 5))).toEqual(withoutTime(whole))
    const { state } = await trained(compute, 3)
    const resumed = await trained(compute, 5, state)
    expect(withoutTime(resumed)).toEqual(withoutTime(whole))
    expect(resumed.losses).toEqual(whole.losses.slice(3))
  })

  it('leaves a state that the backend goes on from, and the other way round: the losses agree to 1e-4', async () => {
    const whole = await trained(eagerCompute, 5)
    for (const [first, then] of [[compute, eagerCompute], [eagerCompute, compute]]) {
      const { state } = await trained(first, 3)
      const { losses } = await trained(then, 5, state)
      losses.forEach((loss, i) => expect(Math.abs(loss - whole.losses[3 + i])).toBeLessThan(1e-4 * whole.losses[3 + i]))
    }
  })
})
