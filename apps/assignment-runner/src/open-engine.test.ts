import { availableParallelism } from 'node:os'
import type { Backend, OpenBackendOptions } from '@sbgm/backends'
import { findOnnxRuntime } from '@sbgm/onnx'
import { describe, expect, it } from 'vitest'
import { eagerCompute } from './compute/eager-compute'
import { describeEngine } from './engine'
import { openEngine } from './open-engine'
import type { RunOptions } from './options'

const present = { version: '1.30.0' }
const missing = { missing: 'It is not installed. Install it.' }

/** Opens an engine where onnxruntime-node is there or not, and tells which backends were asked for. */
async function open(asked: RunOptions['engine'], found: Awaited<ReturnType<typeof findOnnxRuntime>>, change: Partial<Backend> = {}, signal = new AbortController().signal) {
  const calls: (string | undefined)[] = []
  let [looked, closed] = [0, 0]
  const backend: Backend = {
    engine: 'wasm', backend: 'wasm', version: '4.22.0', reason: 'wasm is the fastest engine of this version that can be opened here.',
    details: { threads: 1 }, gradients: true, close: () => Promise.resolve(void closed++), ...change,
  }
  const sources = {
    openBackend: ({ engine }: OpenBackendOptions = {}) => (calls.push(engine), Promise.resolve(backend)),
    findOnnxRuntime: () => (looked++, Promise.resolve(found)),
    signal,
  }
  const opening = openEngine(asked, sources)
  await opening.catch(() => undefined)
  return { opening, backends: calls, looked: () => looked, closed: () => closed }
}

describe('auto', () => {
  it('is onnx where onnxruntime-node can be loaded, with the fastest backend beside it, and says on how many threads', async () => {
    const { opening, backends, closed } = await open('auto', present)
    const { report, compute, close } = await opening
    const threads = availableParallelism()
    expect(report).toEqual({
      engine: 'onnx', backend: 'wasm', version: '4.22.0', details: { threads: 1 }, gradients: true,
      onnxruntime: { version: '1.30.0', threads }, reason: 'the fastest engine of this version that can be opened here.',
    })
    expect(describeEngine(report)).toBe(
      `onnx (onnxruntime-node 1.30.0 on ${threads} ${threads === 1 ? 'thread' : 'threads'}; tfjs backend wasm 4.22.0 for the rest): ` +
        'the fastest engine of this version that can be opened here.',
    )
    expect([compute === eagerCompute, backends]).toEqual([false, ['auto']])
    await close()
    expect(closed()).toBe(1)
  })

  it('is the fastest backend where it cannot, and says why', async () => {
    const { opening } = await open('auto', missing)
    const { report, compute } = await opening
    expect(report).toMatchObject({ engine: 'wasm', reason: expect.stringMatching(/^onnx, which is faster, cannot be had\. It is not installed\. Install it\. wasm is the fastest/) as string })
    expect(compute).toBe(eagerCompute)
  })

  it('is a GPU where a backend on one opens, whatever else is there', async () => {
    const { opening } = await open('auto', present, { engine: 'webgpu' as Backend['engine'] })
    expect(await opening).toMatchObject({ report: { engine: 'webgpu' }, compute: eagerCompute })
  })
})

describe('onnx by name', () => {
  it('is opened, and says why its backend is no wasm where it is none', async () => {
    const { opening } = await open('onnx', present, { engine: 'cpu', backend: 'cpu', reason: 'wasm is not installed.' })
    expect((await opening).report).toMatchObject({ engine: 'onnx', backend: 'cpu', reason: 'asked for by name. Its tfjs backend: wasm is not installed.' })
  })

  it('is refused where onnxruntime-node cannot be loaded, with the remedy, and nothing is opened in its place', async () => {
    const { opening, backends } = await open('onnx', missing)
    await expect(opening).rejects.toThrow('--engine onnx cannot be had here; give another, such as --engine wasm. It is not installed. Install it.')
    expect(backends).toEqual([])
  })
})

it.each(['wasm', 'cpu', 'webgpu'] as const)('%s by name is opened as it is, without a look at onnxruntime-node', async (name) => {
  const { opening, backends, looked } = await open(name, present, { reason: 'asked for by name.' })
  expect(await opening).toMatchObject({ report: { reason: 'asked for by name.' }, compute: eagerCompute })
  expect([backends, looked()]).toEqual([[name], 0])
})

it('an abort while onnxruntime-node is looked for opens nothing', async () => {
  const { opening, backends } = await open('auto', present, {}, AbortSignal.abort(new Error('enough')))
  await expect(opening).rejects.toThrow('enough')
  expect(backends).toEqual([])
})

it('the workspace has the onnxruntime-node that the program depends on', async () => {
  expect(await findOnnxRuntime()).toEqual({ version: '1.30.0' })
})
