import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import * as tf from '@tensorflow/tfjs-core'
import { build } from 'esbuild'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapter, offerSwiftShader } from '../../../../tools/software-gpu'
import type { Backend } from '../backend'
import { openBackend } from '../open-backend'

const world = globalThis as { navigator?: { gpu?: unknown } }
/** What opening WebGPU changes in a process. */
const traces = () => ({ active: tf.getBackend(), registered: 'webgpu' in tf.engine().registryFactory, gpu: world.navigator?.gpu, buffers: 'GPUBufferUsage' in globalThis })
const open: Backend[] = []
const opened = async () => {
  const backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
  open.push(backend)
  return backend
}
const device = () => (tf.backend() as WebGPUBackend).device

let missing: string | undefined
let before: ReturnType<typeof traces>
beforeAll(async () => {
  offerSwiftShader()
  await openBackend({ engine: 'cpu' })
  before = traces()
  await opened().catch((error: unknown) => (missing = noAdapter(String(error))))
})
beforeEach((context) => void (missing !== undefined && context.skip(missing)))
afterEach(async () => {
  for (const backend of open.splice(0).reverse()) await backend.close()
  expect(traces()).toEqual(before)
})

describe('openBackend opens webgpu', () => {
  it('and reports the adapter: who made it, what it is, and its limits, with which the device was opened', async () => {
    const { engine, backend, version, reason, gradients, details, adapter } = await opened()
    expect({ engine, backend, version, reason, gradients }).toEqual({ engine: 'webgpu', backend: 'webgpu', version: '4.22.0', reason: 'asked for by name.', gradients: true })
    expect(`${adapter?.vendor}${adapter?.architecture}`).not.toBe('')
    expect(details['adapter']).toContain(adapter?.vendor)
    expect(adapter?.limits['maxStorageBufferBindingSize']).toBeGreaterThan(2 ** 27) // WebGPU's default is 128 MiB
    for (const [name, limit] of Object.entries(adapter?.limits ?? {})) expect(device().limits[name as 'maxBufferSize'], name).toBe(limit)
  })

  it('and computes there: a convolution and both gradients as on cpu, to 1e-5 of the largest', async () => {
    const compute = async () => {
      const made = (shape: number[], seed: number) => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(seed + 0.7 * i)), shape)
      const [x, filter] = [made([2, 7, 6, 3], 1) as tf.Tensor4D, made([3, 3, 3, 4], 2) as tf.Tensor4D]
      const conv = (u: tf.Tensor, v: tf.Tensor) => tf.conv2d(u as tf.Tensor4D, v as tf.Tensor4D, 2, 'same')
      const results = [conv(x, filter), ...tf.grads((u, v) => tf.sum(tf.square(conv(u, v))))([x, filter])]
      const numbers = await Promise.all(results.map((tensor) => tensor.data()))
      tf.dispose([x, filter, ...results])
      return numbers
    }
    const expected = await compute()
    await opened()
    const [actual, tensors] = [await compute(), tf.memory().numTensors]
    await compute()
    expect(tf.memory().numTensors).toBe(tensors)
    expected.forEach((values, which) => {
      const largest = Math.max(...values.map(Math.abs))
      values.forEach((value, i) => expect(Math.abs((actual[which]?.[i] ?? NaN) - value)).toBeLessThan(1e-5 * largest))
    })
  })

  it('and gives everything back: the backend before, navigator, the globals; and again, any number of times', async () => {
    for (let round = 0; round < 2; round++) {
      const backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
      expect(traces()).toMatchObject({ active: 'webgpu', registered: true, buffers: true })
      expect(await tf.add(1, 2).data()).toEqual(Float32Array.of(3))
      await backend.close()
      await backend.close()
      expect(traces()).toEqual(before)
    }
  })

  it('twice: the second is the first, and its closing leaves that one running', async () => {
    const first = await opened()
    const second = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
    expect(second.adapter).toEqual(first.adapter)
    await second.close()
    expect(tf.getBackend()).toBe('webgpu')
    expect(await tf.add(1, 2).data()).toEqual(Float32Array.of(3))
  })

  it('with the kernels that it was asked for or not at all: one that runs with others is not shared', async () => {
    for (const [running, other] of [['own', 'stock'], ['stock', 'own']] as const) {
      const first = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true, kernels: running })
      await expect(openBackend({ engine: 'webgpu', allowSoftwareAdapter: true, kernels: other })).rejects.toThrow(`runs already, with kernels '${running}'; got kernels '${other}'. Close`)
      for (const kernels of [running, undefined]) await (await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true, ...(kernels && { kernels }) })).close()
      await first.close()
    }
  })

  it('but not where somebody else runs it on a device of their own', async () => {
    await opened()
    const foreign = { dispose: () => undefined }
    const { registry } = tf.engine()
    const own = registry['webgpu']
    registry['webgpu'] = foreign as never
    try {
      await expect(openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })).rejects.toThrow(/runs already on a device that somebody else opened.*openBackend alone/)
    } finally {
      registry['webgpu'] = own as never
    }
  })
})

describe('on webgpu', () => {
  it('a synchronous read says what to do instead', async () => {
    await opened()
    expect(() => tf.add(1, tf.tensor1d([2, 3])).dataSync()).not.toThrow() // so small that TensorFlow.js left it on the processor
    const sum = tf.add(tf.ones([2000]), 1)
    expect(() => sum.dataSync()).toThrow(/must be read asynchronously.*Await data\(\) instead/)
    expect((await sum.data())[0]).toBe(2)
    expect(sum.dataSync()[0]).toBe(2) // now it lies on the processor, too
  })

  it('a command that the device refuses makes the next read and every operation throw: its zeros reach nobody', async () => {
    await opened()
    const bad = {
      variableNames: ['x'], uniforms: '', workgroupSize: [64, 1, 1], dispatchLayout: { x: [0] }, dispatch: [1, 1, 1], outputShape: [4], shaderKey: 'bad',
      getUserCode: () => 'fn main() { this is no WGSL }',
    } as Parameters<WebGPUBackend['runWebGPUProgram']>[0]
    const x = tf.ones([4])
    const { dataId } = (tf.backend() as WebGPUBackend).runWebGPUProgram(bad, [x], 'float32')
    const failure = expect.objectContaining({ name: 'GpuDeviceError', failure: 'validation', message: expect.stringMatching(/^The GPU .* refused a command: Error while parsing WGSL/) as string }) as Error
    await expect(tf.backend().read(dataId)).rejects.toEqual(failure)
    expect(() => tf.add(tf.ones([2000]), 1)).toThrow(failure)
  })

  it('a device that is lost stops what computes on it', async () => {
    await opened()
    const sum = tf.add(tf.ones([2000]), 1)
    device().destroy()
    const failure = expect.objectContaining({ name: 'GpuDeviceError', failure: 'lost', message: expect.stringMatching(/was lost/) as string }) as Error
    await expect(sum.data()).rejects.toEqual(failure)
    expect(() => tf.add(sum, 1)).toThrow(failure)
  })
})

it('a program that has closed webgpu ends by itself, with what it printed; one that has not is ended by process.exit', async () => {
  const folder = mkdtempSync(fileURLToPath(new URL('../../.webgpu-exit-', import.meta.url))) // here, so that it finds its packages
  try {
    const program = (end: string) => `
      import { scalar, square } from '@tensorflow/tfjs-core'
      import { openBackend } from '${fileURLToPath(new URL('../open-backend.ts', import.meta.url))}'
      const backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true, gradients: false })
      console.log((await square(scalar(3)).data())[0])
      ${end}`
    const run = async (name: string, end: string) => {
      writeFileSync(join(folder, `${name}.ts`), program(end))
      await build({ entryPoints: [join(folder, `${name}.ts`)], bundle: true, platform: 'node', format: 'esm', packages: 'external', outfile: join(folder, `${name}.mjs`), logLevel: 'silent' })
      return promisify(execFile)(process.execPath, [join(folder, `${name}.mjs`)], { timeout: 60_000 })
    }
    expect((await run('closed', 'await backend.close()')).stdout).toBe('9\n')
    expect((await run('exited', 'process.exit(0)')).stdout).toBe('9\n')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 150_000)
