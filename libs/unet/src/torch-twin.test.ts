import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal, type NetworkConditions, type Params } from '@sbgm/sde-core'
import { grads, mul, setBackend, sum, tensor, tensor1d, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { randomParams } from '../random-params'
import { bodySettings, type BodyOptions } from './body-options'
import { fourierFrequencies } from './fourier-embedding'
import { noisyClassifier } from './noisy-classifier'
import { unet } from './unet'

beforeAll(() => setBackend('cpu'))

/**
 * What benchmarks/unet/torch_twin.py makes of the cases below, in float64. Made anew, where python3 has torch, by
 * UPDATE_TORCH_FIXTURE=1 npx vitest run --project unet src/torch-twin.test.ts
 */
const fixture = new URL('../fixtures/torch-outputs.json', import.meta.url)
const twin = fileURLToPath(new URL('../../../benchmarks/unet/torch_twin.py', import.meta.url))

interface Case extends BodyOptions {
  readonly classes?: number
  readonly labels?: readonly number[]
  readonly kind?: 'classifier'
}

const cases: Readonly<Record<string, Case>> = {
  'labels, two blocks per level, attention on two levels, images that are no squares': {
    height: 8, width: 12, channels: 2, baseWidth: 8, multipliers: [1, 2, 2], groups: 4, blocksPerLevel: 2, attentionLevels: [1, 2],
    classes: 3, labels: [0, 2, 3], timeScale: 100,
  },
  'Fourier features, no attention, one level that widens nothing': {
    height: 6, width: 4, baseWidth: 6, multipliers: [1, 1], groups: 3, attentionLevels: [], timeEmbedding: 'fourier', timeFeatures: 10, timeScale: 4, fourierSeed: 5,
  },
  'a single level': { height: 5, width: 3, channels: 3, baseWidth: 4, multipliers: [2], groups: 2, attentionLevels: [0], timeScale: 100 },
  'the defaults for digits, at an eighth of the width': { height: 28, width: 28, baseWidth: 4, groups: 2, timeScale: 100 },
  'the encoder as a classifier': { kind: 'classifier', height: 8, width: 4, baseWidth: 8, multipliers: [1, 2], groups: 4, classes: 5, timeScale: 100 },
}

const times = [0.001, 0.4, 1].map(Math.fround)
const normals = (count: number, stream: string) => {
  const values = new Float32Array(count)
  fillNormal(values, count, { seed: 11, stream, step: 0, firstSample: 0, draw: 0 })
  return values
}

/** The network of a case, its parameters with none left at zero, and its input. */
function built({ kind, labels, ...options }: Case) {
  const { height, width, channels = 1 } = options
  const network = kind === 'classifier'
    ? noisyClassifier({ ...options, classes: options.classes ?? 0 })
    : unet({ ...options, predicts: 'noise' })
  const params = randomParams(network.init(0), 11)
  const x = tensor(normals(3 * height * width * channels, 'x'), [3, height, width, channels])
  const conditions = labels ? { label: tensor1d([...labels], 'int32') } : {}
  const apply = network.apply as (params: Params, x: Tensor, t: Tensor1D, conditions: NetworkConditions) => Tensor
  const output = (at: Params = params, images: Tensor = x) => apply(at, images, tensor1d(times), conditions)
  const outputShape = kind === 'classifier' ? [3, options.classes ?? 0] : x.shape
  const weights = tensor(normals(outputShape.reduce((product, axis) => product * axis, 1), 'weights'), outputShape)
  return { params, x, output, weights, direction: randomParams(params, 12), xDirection: tensor(normals(x.size, 'x-direction'), x.shape) }
}

interface Answer {
  readonly parameters: number
  readonly output: readonly number[]
  /** Of the sum of weights × output, along the direction of the parameters. */
  readonly derivative: number
  /** The same along the direction of x. */
  readonly xDerivative: number
}

const pythons = process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', '/usr/bin/python3']
const torchPython = pythons.find((python) => spawnSync(python, ['-c', 'import torch, numpy']).status === 0)

/** Asks the twin about every case, in one process. */
async function askTwin(python: string): Promise<readonly Answer[]> {
  const packed = async (value: Tensor) => ({ shape: value.shape, data: Buffer.from((await value.data() as Float32Array).slice().buffer).toString('base64') })
  const requests = await Promise.all(Object.values(cases).map(async ({ labels, kind, ...options }) => {
    const { params, x, weights, direction, xDirection } = built({ ...options, ...(labels && { labels }), ...(kind && { kind }) })
    const settings = bodySettings(options)
    const { timeFeatures, timeScale, fourierSeed } = settings
    const frequencies = fourierFrequencies({ size: timeFeatures, scale: timeScale, seed: fourierSeed })
    const network = { ...settings, classes: options.classes ?? 0, kind, frequencies: [...frequencies] }
    const packedMap = async (map: Params) => Object.fromEntries(await Promise.all(Object.entries(map).map(async ([name, value]) => [name, await packed(value)] as const)))
    const images = { x: await packed(x), xDirection: await packed(xDirection), weights: await packed(weights) }
    return { network, params: await packedMap(params), direction: await packedMap(direction), ...images, t: times, labels }
  }))
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join('')
  const { stdout, stderr, status } = spawnSync(python, [twin], { input, encoding: 'utf8', maxBuffer: 2 ** 26 })
  if (status !== 0) throw new Error(stderr)
  return stdout.trim().split('\n').slice(1).map((line) => JSON.parse(line) as Answer)
}

/** Holds the network to the twin: as many parameters, outputs within 1e-4, derivatives within 1e-4 of what their terms add up to. */
async function compare(name: string, answer: Answer): Promise<void> {
  const { params, x, output, weights, direction, xDirection } = built(cases[name])
  expect(Object.values(params).reduce((total, { size }) => total + size, 0)).toBe(answer.parameters)
  const values = await output().data()
  expect(values.length).toBe(answer.output.length)
  expect(Math.max(...answer.output.map(Math.abs))).toBeGreaterThan(0.3)
  expect(Math.max(...answer.output.map((expected, i) => Math.abs(values[i] - expected)))).toBeLessThan(1e-4)
  const names = Object.keys(params)
  const loss = (...at: Tensor[]) => sum(mul(output(Object.fromEntries(names.map((key, i) => [key, at[i]])), at[names.length]), weights))
  const gradients = grads(loss)([...names.map((key) => params[key]), x])
  const along = await Promise.all([...names.map((key) => direction[key]), xDirection].map(async (towards, i) => {
    const terms = Array.from(await mul(gradients[i], towards).data())
    return { sum: terms.reduce((total, term) => total + term, 0), size: Math.hypot(...terms) }
  }))
  const total = (parts: typeof along) => parts.reduce((value, part) => value + part.sum, 0)
  const scale = Math.hypot(...along.map(({ size }) => size))
  expect(Math.abs(total(along.slice(0, -1)) - answer.derivative)).toBeLessThan(1e-4 * scale)
  expect(Math.abs(total(along.slice(-1)) - answer.xDerivative)).toBeLessThan(1e-4 * scale)
}

const pinned = (): Readonly<Record<string, Answer>> => (JSON.parse(readFileSync(fixture, 'utf8')) as { cases: Record<string, Answer> }).cases

describe('the networks for images', () => {
  it.each(Object.keys(cases))('have the parameters and, to 1e-4, the outputs and derivatives that PyTorch gave for: %s', async (name) => {
    await compare(name, pinned()[name])
  })

  it('are compared with what PyTorch says here and now, in every case', async (context) => {
    if (torchPython === undefined) return context.skip('no Python with torch')
    const answers = await askTwin(torchPython)
    const named = Object.fromEntries(Object.keys(cases).map((name, i) => [name, answers[i]]))
    if (process.env['UPDATE_TORCH_FIXTURE']) {
      const command = 'UPDATE_TORCH_FIXTURE=1 npx vitest run --project unet src/torch-twin.test.ts'
      writeFileSync(fixture, `${JSON.stringify({ command, cases: named })}\n`)
    }
    for (const [name, { parameters, output, derivative, xDerivative }] of Object.entries(pinned())) {
      const now = named[name]
      expect([parameters, output.length]).toEqual([now.parameters, now.output.length])
      expect(Math.max(...output.map((value, i) => Math.abs(value - now.output[i])))).toBeLessThan(1e-6)
      expect(Math.abs(derivative / now.derivative - 1)).toBeLessThan(1e-9)
      expect(Math.abs(xDerivative / now.xDerivative - 1)).toBeLessThan(1e-9)
    }
  })
})
