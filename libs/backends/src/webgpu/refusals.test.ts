import '@tensorflow/tfjs-backend-webgpu' // before there is an entry: in a browser it registers a backend of its own
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { BackendUnavailableError } from '../backend-unavailable-error'
import { openBackend, type OpenBackendOptions } from '../open-backend'

/** Where an entry to WebGPU is looked for. */
const world = globalThis as { navigator?: { gpu?: unknown } }
const limits = { maxBufferSize: 2 ** 31 }
const info = { vendor: 'acme', architecture: 'x1' }

/** Opens webgpu where WebGPU gives this adapter; the entry stands where a browser has it. */
async function refusalWith(adapter: object | null, options: OpenBackendOptions = {}) {
  const gpu = { requestAdapter: () => Promise.resolve(adapter) }
  if (world.navigator === undefined) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true })
  Object.defineProperty(world.navigator, 'gpu', { value: gpu, configurable: true })
  const error: unknown = await openBackend({ engine: 'webgpu', gradients: false, ...options }).catch((thrown: unknown) => thrown)
  if (!BackendUnavailableError.isInstance(error)) throw error
  return error
}

beforeAll(async () => void (await openBackend({ engine: 'cpu', gradients: false })))
afterEach(() => {
  expect([tf.getBackend(), 'webgpu' in tf.engine().registryFactory]).toEqual(['cpu', false]) // a refusal leaves no trace
  Reflect.deleteProperty(world.navigator ?? {}, 'gpu')
})

describe('openBackend refuses webgpu', () => {
  it('where there is no adapter: it says what this machine lacks, or else to look at the driver', async () => {
    const { reason, remedy, engine } = await refusalWith(null)
    expect([engine, remedy.length > 20]).toEqual(['webgpu', true])
    expect(reason).toMatch(/^Engine 'webgpu' found no GPU adapter\./)
  })

  it('on a software adapter, unless that is allowed: it names it, says what it is and hands its report on', async () => {
    const software = { info: { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' }, limits }
    const { message, adapter } = await refusalWith(software)
    expect(message).toBe(
      "Engine 'webgpu' found only the software adapter google swiftshader (SwiftShader driver 5.0.0), which computes on the processor and is slower than wasm. " +
        'Install the driver of a card, choose another engine, or pass allowSoftwareAdapter: true to take it all the same.',
    )
    expect(adapter).toMatchObject({ vendor: 'google', software: true, limits })
  })

  it('where the card gives no device: the driver\'s words are passed on', async () => {
    const adapter = { info, limits, features: new Set(), requestDevice: () => Promise.reject(new Error('out of handles')) }
    const { message, cause } = await refusalWith(adapter)
    expect(message).toMatch(/^Engine 'webgpu' could not open a device on acme x1: out of handles\. Update its driver/)
    expect(cause).toMatchObject({ message: 'out of handles' })
  })

  it('asks for the fastest card, and for all that it allows', async () => {
    const asked: unknown[] = []
    const adapter = {
      info, limits: { ...limits, maxTextureDimension1D: 1 }, features: new Set(['timestamp-query', 'shader-f16']),
      requestDevice: (descriptor: unknown) => (asked.push(descriptor), Promise.reject(new Error('enough'))),
    }
    await refusalWith(adapter)
    expect(asked).toEqual([{ requiredLimits: limits, requiredFeatures: ['timestamp-query'] }])
  })

  it("'auto' goes on to wasm and says why, also where a software adapter was allowed", async () => {
    await refusalWith(null)
    Object.defineProperty(world.navigator, 'gpu', { value: { requestAdapter: () => Promise.resolve({ info: { vendor: 'mesa', device: 'llvmpipe' }, limits }) }, configurable: true })
    const backend = await openBackend({ engine: 'auto', gradients: false, allowSoftwareAdapter: true })
    await backend.close()
    expect(backend.engine).toBe('wasm')
    expect(backend.reason).toMatch(/^Engine 'webgpu' found only the software adapter mesa \(llvmpipe\).* wasm is the fastest engine of this version that can be opened here\.$/)
  })

  it("'auto' looks for no card where it is told to ignore them", async () => {
    await refusalWith(null)
    const backend = await openBackend({ engine: 'auto', gradients: false, gpu: 'ignore' })
    await backend.close()
    expect(backend).toMatchObject({ engine: 'wasm', reason: 'wasm is the fastest engine of this version that can be opened here.' })
  })
})
