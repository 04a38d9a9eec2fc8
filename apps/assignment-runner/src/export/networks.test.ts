import '@tensorflow/tfjs-backend-cpu'
import { onnxModel, type ExportOptions, type ForwardFunction } from '@sbgm/onnx'
import { fillNormal, type Params } from '@sbgm/sde-core'
import { imageClassifier, noisyClassifier, scoreMlp, unet } from '@sbgm/unet'
import { setBackend, tensor, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { spawnSync } from 'node:child_process'
import { InferenceSession, Tensor as NodeTensor } from 'onnxruntime-node'
import { env, InferenceSession as WebSession, Tensor as WebTensor } from 'onnxruntime-web'
import { beforeAll, describe, expect, it } from 'vitest'

beforeAll(() => {
  env.wasm.numThreads = 1
  return setBackend('cpu')
})

const normals = (count: number, stream: string) => {
  const data = new Float32Array(count)
  fillNormal(data, count, { seed: 2, stream, step: 0, firstSample: 0, draw: 0 })
  return data
}

/** Parameters of these shapes, none of which is left at its start of zero; fresh ones are disposed. */
function randomised(fresh: Params): Record<string, Tensor> {
  return Object.fromEntries(Object.entries(fresh).map(([name, value]) => {
    const { shape, size } = value
    value.dispose()
    const scale = 1 / Math.sqrt(size / (shape.at(-1) ?? 1))
    return [name, tensor(normals(size, name).map((number) => number * scale), shape)]
  }))
}

interface Case {
  readonly params: Record<string, Tensor>
  readonly forward: ForwardFunction
  readonly inputs: ExportOptions['inputs']
}

const time = { t: { shape: ['batch'] } } as const
const body = { height: 8, width: 4, baseWidth: 8, multipliers: [1, 2], groups: 4, timeScale: 100 }
const cases: Readonly<Record<string, () => Case>> = {
  'a UNet': () => {
    const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth: 4, groups: 2, timeScale: 100 })
    return {
      params: randomised(network.init(0)),
      forward: (params, { x, t }) => ({ noise: network.apply(params, x, t as Tensor1D) }),
      inputs: { x: { shape: ['batch', 28, 28, 1] }, ...time },
    }
  },
  'a UNet with labels, two blocks per level, attention on both and Fourier features': () => {
    const network = unet({ ...body, channels: 2, predicts: 'v', classes: 3, blocksPerLevel: 2, attentionLevels: [0, 1], timeEmbedding: 'fourier', timeScale: 4 })
    return {
      params: randomised(network.init(0)),
      forward: (params, { x, t, label }) => ({ v: network.apply(params, x, t as Tensor1D, { label: label as Tensor1D }) }),
      inputs: { x: { shape: ['batch', 8, 4, 2] }, ...time, label: { shape: ['batch'], dtype: 'int32' } },
    }
  },
  'the classifier of noisy images': () => {
    const network = noisyClassifier({ ...body, classes: 5 })
    return {
      params: randomised(network.init(0)),
      forward: (params, { x, t }) => ({ logits: network.apply(params, x, t as Tensor1D) }),
      inputs: { x: { shape: ['batch', 8, 4, 1] }, ...time },
    }
  },
  'the classifier of images, logits and features': () => {
    const network = imageClassifier({ height: 10, width: 7, channels: 1, classes: 11, widths: [4, 8], features: 6 })
    return {
      params: randomised(network.init(0)),
      forward: (params, { x }) => ({ ...network.apply(params, x) }),
      inputs: { x: { shape: ['batch', 10, 7, 1] } },
    }
  },
  'the perceptron': () => {
    const network = scoreMlp({ dim: 2, predicts: 'score', width: 17, layers: 2, timeScale: 100 })
    return {
      params: randomised(network.init(0)),
      forward: (params, { x, t }) => ({ score: network.apply(params, x, t as Tensor1D) }),
      inputs: { x: { shape: ['batch', 2] }, ...time },
    }
  },
}

/** Inputs for a batch: times in (0, 1), labels 0, 1, 2, …, images of noise. */
function inputsFor(inputs: ExportOptions['inputs'], batch: number) {
  return Object.entries(inputs).map(([name, { shape: open, dtype }]) => {
    const shape = open.map((length) => (length === 'batch' ? batch : length))
    const size = shape.reduce((product, length) => product * length, 1)
    const data = dtype === 'int32' ? Int32Array.from({ length: size }, (_, i) => i)
      : name === 't' ? Float32Array.from({ length: size }, (_, i) => (i + 0.5) / size) : normals(size, name)
    return { name, data, shape }
  })
}

const checker = `
import sys
try:
  import onnx
except ImportError:
  sys.exit(77)
onnx.checker.check_model(onnx.load_model_from_string(sys.stdin.buffer.read()), full_check=True)`

describe.each(Object.entries(cases))('%s', (_, make) => {
  it('is the same exported, in onnxruntime for Node and for the web, for 1 and 4 samples (1e-4 of the largest)', async () => {
    const { params, forward, inputs } = make()
    const model = await onnxModel(forward, params, { inputs })
    const sessions = [
      { session: await InferenceSession.create(model), Tensor: NodeTensor },
      { session: (await WebSession.create(model)) as InferenceSession, Tensor: WebTensor },
    ]
    for (const batch of [1, 4]) {
      const given = inputsFor(inputs, batch)
      const expected = tidy(() => ({ ...forward(params, Object.fromEntries(given.map(({ name, data, shape }) => [name, tensor(data, shape)]))) }))
      for (const { session, Tensor: OrtTensor } of sessions) {
        const feeds = given.map(({ name, data, shape }) => [name, data instanceof Int32Array ? new OrtTensor('int32', data, shape) : new OrtTensor('float32', data, shape)])
        const results = await session.run(Object.fromEntries(feeds) as Record<string, NodeTensor>)
        for (const [name, value] of Object.entries(expected)) {
          const [numbers, eager] = [results[name].data as Float32Array, await value.data()]
          const largest = Math.max(...Array.from(eager, Math.abs))
          expect([name, results[name].dims]).toEqual([name, value.shape])
          expect(largest).toBeGreaterThan(0.05)
          expect(Math.max(...Array.from(numbers, (number, i) => Math.abs(number - eager[i])))).toBeLessThan(1e-4 * largest)
        }
      }
    }
    for (const { session } of sessions) await session.release()
  })

  it('passes Python\'s checker', async (context) => {
    const { params, forward, inputs } = make()
    const input = await onnxModel(forward, params, { inputs })
    const check = (python: string) => spawnSync(python, ['-c', checker], { input, encoding: 'utf8' })
    const result = (process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', '/usr/bin/python3']).map(check).find(({ status, error }) => !error && status !== 77)
    if (result === undefined) return context.skip('no Python with the package onnx')
    expect([result.status, result.stderr]).toEqual([0, ''])
  })
})
