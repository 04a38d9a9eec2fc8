import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { setBackend, tensor, tensor1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inputValues, readTensors } from '../host-forms'
import { encodeModel } from '../model/encode-model'
import { probeBlockedConvolution } from '../run/blocked-convolution'
import type { HostTensor } from '../run/host-tensor'
import { openSession } from '../run/session'
import { holdSharedWorker } from '../run/shared-worker'
import { trace, type TracedFunction } from '../trace/trace'
import { lowerGraph } from './lower-graph'
import { shapes, weightCount, withGradients, type RandomFunction } from './random-function.fixture'

const [functionsPerGraph, graphs, seed] = [12, 20, 77]

const choice = fc.nat(2 ** 16)
const randomFunction: fc.Arbitrary<RandomFunction> =
  fc.record({ shape: fc.nat(shapes.length - 1), steps: fc.array(fc.tuple(choice, choice), { minLength: 2, maxLength: 6 }) })

let block: number | undefined
const worker = holdSharedWorker() // for all the sessions of this file
beforeAll(async () => {
  await setBackend('cpu')
  const support = await probeBlockedConvolution()
  block = 'block' in support ? support.block : undefined
})
afterAll(() => worker.release())

/** Numbers in [−1, 1] without a pattern. */
const numbers = (count: number, phase: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(phase + 12.9898 * i * (1 + i / 1013)))
const inputOf = ({ shape }: RandomFunction, place: number): HostTensor => {
  const lengths = shapes[shape]
  return { data: numbers(lengths.reduce((product, length) => product * length, 1), place), shape: lengths }
}
const weights: HostTensor = { data: numbers(weightCount, 0.5), shape: [weightCount] }

/** All functions side by side: value and gradients of each. */
const sideBySide = (functions: readonly RandomFunction[]): TracedFunction => (inputs) => Object.fromEntries(functions.flatMap((each, i) =>
  Object.entries(withGradients(each, inputs[`x${i}`], inputs.weights as Tensor1D)).map(([name, value]) => [`${name} of ${i}`, value])))

async function compiled(functions: readonly RandomFunction[], feeds: Record<string, HostTensor>, channelsPerBlock?: number): Promise<Record<string, HostTensor>> {
  const forms = Object.fromEntries(Object.entries(feeds).map(([name, { shape }]) => [name, { shape, dtype: 'float32' as const }]))
  const session = await openSession(encodeModel(lowerGraph(trace(sideBySide(functions), inputValues(forms)), { block: channelsPerBlock })), { threads: 1, optimization: 'basic' })
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

async function eager(functions: readonly RandomFunction[], feeds: Record<string, HostTensor>): Promise<Record<string, HostTensor>> {
  const asTensors = (): Record<string, Tensor> => Object.fromEntries(Object.entries(feeds).map(([name, { data, shape }]) => [name, shape.length === 1 ? tensor1d(data) : tensor(data, [...shape])]))
  return readTensors(tidy(() => sideBySide(functions)(asTensors())))
}

/**
 * Six steps of at most 288 summands each, every sum off by about the root of their number in units of the last place of its largest
 * part, and again as many on the way back: about 2 · 6 · √288 = 200 units. Where numbers cancel, of what they were before: at least 0.1.
 */
const toleranceOf = (expected: HostTensor): number => 200 * 2 ** -23 * Math.max(0.1, ...expected.data.map(Math.abs))

function differences(actual: Record<string, HostTensor>, expected: Record<string, HostTensor>): string[] {
  return Object.entries(expected).flatMap(([name, right]) => {
    const [given, tolerance] = [actual[name], toleranceOf(right)]
    if (given.shape.join() !== right.shape.join()) return [`${name}: shape (${given.shape.join(', ')}) for (${right.shape.join(', ')})`]
    const far = given.data.findIndex((number, i) => !(Math.abs(number - right.data[i]) <= tolerance))
    return far < 0 ? [] : [`${name}, at ${far} of (${right.shape.join(', ')}): ${given.data[far]} for ${right.data[far]}, tolerance ${tolerance}`]
  })
}

it(`${functionsPerGraph * graphs} random functions and their gradients, compiled, give what they give eagerly, in plain axes and in blocks of channels (seed ${seed})`, async () => {
  await fc.assert(fc.asyncProperty(fc.array(randomFunction, { minLength: functionsPerGraph, maxLength: functionsPerGraph }), async (functions) => {
    const feeds = { weights, ...Object.fromEntries(functions.map((each, i) => [`x${i}`, inputOf(each, i)])) }
    const expected = await eager(functions, feeds)
    expect(differences(await compiled(functions, feeds), expected)).toEqual([])
    if (block !== undefined) expect(differences(await compiled(functions, feeds, block), expected)).toEqual([])
  }), { seed, numRuns: graphs, endOnFailure: true })
})
