import { compileForward, compileTrainStep } from '@sbgm/onnx'
import { eulerMaruyama, lastState } from '@sbgm/samplers'
import { fillNormal, predictor, reverseSde, samplePrior, tensorSpace as space, uniformGrid, vpSde } from '@sbgm/sde-core'
import { adamW, eagerRunner, flattenParameters, parameterLayout, trainStep } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, mean, memory, square, squaredDifference, tensor1d } from '@tensorflow/tfjs-core'

const SIZE = 28
const GRID_STEPS = 1000

/**
 * How the works compute: `eager`, operation by operation on the active backend, or `compiled`, by onnxruntime's WebGPU engine. `forward` gives the
 * network's output as a new tensor.
 */
const ways = {
  eager: { runner: eagerRunner, forward: (network, params, sde) => ({ model: predictor(network, params, sde, { tMin: 1e-3 }), end: () => undefined }) },
  compiled: {
    runner: (step) => compileTrainStep(step, { device: 'webgpu' }),
    async forward(network, params) {
      const compiled = await compileForward((weights, { x, t }) => ({ output: network.apply(weights, x, t) }), params, undefined, { engine: 'onnxruntime', device: 'webgpu' })
      const evaluate = async (x, times) => {
        const t = tensor1d(Float32Array.from(times))
        const { output } = await compiled.run({ x, t })
        t.dispose()
        return output
      }
      return { model: { predicts: network.predicts, tMin: 1e-3, evaluate }, end: () => compiled.close() }
    },
  },
}

/** Every work of ours: begun with a network, a batch and one of the ways, it makes so many steps and gives a number that depends on the last. */
export const ourWorks = { training, sampling }

/** What tfjs knows of the card's memory: in use by tensors, and held with the buffers that it keeps for the next ones, which only grows. */
export function gpuMemory() {
  const { numBytesInGPU, numBytesAllocatedInGPU, numTensors } = memory()
  return { tensors: numTensors, bytesInUse: numBytesInGPU, bytesAllocated: numBytesAllocatedInGPU }
}

const networkOf = (settings) => unet({ height: SIZE, width: SIZE, predicts: 'noise', ...settings })

/** A whole training step as the program makes it: its batch goes to the card, loss, gradient, clipping, AdamW and average; its loss is awaited. */
async function training(settings, batch, way = 'eager') {
  const network = networkOf(settings)
  const params = network.init(0)
  const loss = (weights, { x, t }) => mean(squaredDifference(network.apply(weights, x, t), x))
  const step = trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() })
  const flat = flattenParameters(params, step.layout)
  const parameters = Float32Array.from(await flat.data())
  dispose([flat, { ...params }])
  const zeros = () => new Float32Array(step.layout.total)
  const running = await ways[way].runner(step).begin({ parameters, average: parameters, first: zeros(), second: zeros() })
  const images = new Float32Array(batch * SIZE * SIZE)
  fillNormal(images, SIZE * SIZE, { seed: 0, stream: 'benchmark', step: 0, firstSample: 0, draw: 0 })
  const arrays = { x: { data: images, shape: [batch, SIZE, SIZE, 1] }, t: { data: Float32Array.from({ length: batch }, (_, i) => (i + 1) / batch), shape: [batch] } }
  let number = 0
  return {
    parameters: parameters.length,
    async run(steps) {
      let outcome
      for (let i = 0; i < steps; i++) outcome = await running.run(arrays, step.rates(++number, { learningRate: 1e-4, averageDecay: 0.999 }))
      return outcome.loss
    },
    end: () => running.end(),
  }
}

/** Steps of Euler–Maruyama along the reverse SDE, its keyed noise made on the host; the mean square of the last state is awaited. */
async function sampling(settings, batch, way = 'eager') {
  const network = networkOf(settings)
  const params = network.init(0)
  const sde = vpSde()
  const { model, end } = await ways[way].forward(network, params, sde)
  const dynamics = reverseSde(sde, model, space)
  const x = samplePrior({ sde, space, shape: [batch, SIZE, SIZE, 1], seed: 0 })
  return {
    parameters: Object.values(params).reduce((sum, { size }) => sum + size, 0),
    async run(steps) {
      const last = await lastState({ dynamics, sampler: eulerMaruyama(), grid: uniformGrid({ from: 1, to: 1 - steps / GRID_STEPS, steps }), space, x, seed: 0 })
      const squares = square(last)
      const read = mean(squares)
      const [value] = await read.data()
      dispose([last, squares, read])
      return value
    },
    async end() {
      dispose([x, { ...params }])
      await end()
    },
  }
}
