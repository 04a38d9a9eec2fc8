import { openBackend, type Backend } from '@sbgm/backends'
import { compile, type Compiled } from '@sbgm/onnx'
import { fillNormal, vpSde } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { adamW, constantRate, emaDecay, parameterLayout, parametersFromHost, train, trainStep, type HostArray, type TrainingState } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, mean, square, squaredDifference, tensor, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapterBy, offerSwiftShader } from '../../../../tools/software-gpu'
import type { Compute } from './compute'
import { eagerCompute } from './eager-compute'
import { checkOnnxOnGpu, onnxCompute } from './onnx-compute'
import { openPredictor } from './open-predictor'

const network = unet({ height: 8, width: 8, predicts: 'noise', baseWidth: 8, multipliers: [1, 2], groups: 4 })
const [onGpu, onProcessor] = [onnxCompute({ device: 'webgpu', threads: 2 }), onnxCompute({ threads: 2 })]

const normals = (stream: string, shape: readonly number[], scale = 1, step = 0): HostArray => {
  const data = new Float32Array(shape.reduce((size, axis) => size * axis, 1))
  fillNormal(data, data.length, { seed: 4, stream, step, firstSample: 0, draw: 0 })
  return { data: data.map((value) => scale * value), shape }
}
/** Parameters of which none is zero, as those of a fresh network partly are. */
function parameters() {
  const like = network.init(1)
  const params = parametersFromHost(Object.fromEntries(Object.entries(like).map(([name, { shape }]) => [name, normals(name, shape, 0.1)])), like)
  dispose({ ...like })
  return params
}

let backend: Backend
let held: Compiled | undefined // so that the device outlives each run, and with it the shaders that were compiled
let missing = ''
beforeAll(async () => {
  offerSwiftShader()
  backend = await openBackend({ engine: 'wasm' })
  await checkOnnxOnGpu().catch((error: Error) => void (missing = noAdapterBy(error)))
  if (missing === '') held = await compile(({ x }) => ({ x: square(x) }), { x: { shape: [1], dtype: 'float32' } }, { engine: 'onnxruntime', device: 'webgpu' })
})
beforeEach((context) => void (missing !== '' && context.skip(missing)))
afterAll(async () => {
  await held?.close()
  await backend.close()
})

/** The numbers of two states or outputs agree, each within 1e-5 of the largest. */
function agree(actual: Readonly<Record<string, ArrayLike<number>>>, expected: Readonly<Record<string, ArrayLike<number>>>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected))
  for (const [name, wanted] of Object.entries(expected)) {
    const largest = Array.from(wanted).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    expect(largest, name).toBeGreaterThan(0)
    expect(Array.from(wanted).reduce((most, value, i) => Math.max(most, Math.abs(value - actual[name][i])), 0), name).toBeLessThan(1e-5 * largest)
  }
}

describe("a small UNet on onnxruntime's WebGPU engine, compared with the processor's,", () => {
  /** Trains up to a step, with a smaller last batch; with an epsilon at which the update is smooth in the gradient. */
  async function trained(by: Compute, steps: number, from?: TrainingState): Promise<{ readonly state: TrainingState, readonly losses: readonly number[] }> {
    const params = parameters()
    const step = trainStep({
      layout: parameterLayout(params),
      optimizer: adamW({ weightDecay: 0.01, epsilon: 1e-3 }),
      loss: (weights, { x, noise, t }) => mean(squaredDifference(network.apply(weights, x, t as Tensor1D), noise)) as Scalar,
    })
    const losses: number[] = []
    const batch = (number: number) => {
      const count = number === 2 ? 3 : 4
      return { x: normals('x', [count, 8, 8, 1], 1, number), noise: normals('noise', [count, 8, 8, 1], 1, number), t: { data: Float32Array.from({ length: count }, (_, i) => (i + 0.5) / count), shape: [count] } }
    }
    const run = train({ runner: by.runner(step), params, from, steps, batch, learningRate: constantRate({ rate: 1e-3 }), averageDecay: emaDecay(0.9) })
    let state: TrainingState | undefined
    for (let next = await run.next(); ; next = await run.next()) {
      if (next.done) {
        dispose([...Object.values(next.value.params), ...Object.values(next.value.average), ...Object.values(params)])
        return { state: state as TrainingState, losses }
      }
      losses.push(next.value.loss)
      state = await next.value.snapshot()
    }
  }
  const numbersOf = ({ state: { parameters: weights, average, first, second }, losses }: Awaited<ReturnType<typeof trained>>) => {
    const vectors = Object.entries({ weights, average, first, second }).map(([name, arrays]) => [name, Object.values(arrays).flatMap(({ data }) => Array.from(data))] as const)
    return { ...Object.fromEntries(vectors), losses }
  }

  it('trains as that does to 1e-5 of the largest of each vector, whatever the batch, its state read at every step; goes on from a checkpoint of the processor, and the other way round', async () => {
    const whole = await trained(onProcessor, 4)
    agree(numbersOf(await trained(onGpu, 4)), numbersOf(whole))
    for (const [first, then] of [[onGpu, onProcessor], [onProcessor, onGpu]]) {
      const { state } = await trained(first, 2)
      const resumed = await trained(then, 4, state)
      agree({ losses: resumed.losses }, { losses: whole.losses.slice(2) })
    }
  })

  it('evaluates a batch of any size as eagerly, to 1e-5 of the largest, and leaves no tensor behind', async () => {
    const params = parameters()
    expect(await tensorLeak(async () => {
      const [x, t] = [tensor(normals('x', [5, 8, 8, 1]).data, [5, 8, 8, 1]), Float64Array.from({ length: 5 }, (_, i) => 0.1 + 0.2 * i)]
      const outputs = []
      for (const compute of [onGpu, eagerCompute]) {
        const model = openPredictor(compute, network, params, vpSde(), { tMin: 1e-3, rows: 4 })
        const output = await model.evaluate(x, t)
        outputs.push(await output.data())
        output.dispose()
        await model.close()
      }
      x.dispose()
      agree({ noise: outputs[0] }, { noise: outputs[1] })
    })).toEqual(noLeak)
    dispose({ ...params })
  })
})
