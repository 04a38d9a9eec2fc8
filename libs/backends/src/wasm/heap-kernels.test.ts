import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { heapKernels, withScratch } from './heap-kernels'

const wasmBackend = async () => {
  await tf.setBackend('wasm')
  return tf.backend() as BackendWasm
}
/** A backend that shows its module differently. */
const changed = (backend: BackendWasm, change: object) => ({ wasm: { ...backend.wasm, ...change } }) as unknown as BackendWasm

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('the heap kernels', () => {
  it('are committed as their sources compile', () => {
    const tool = fileURLToPath(new URL('../../build-heap-kernels.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [tool, '--check'], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('are instantiated once per backend', async () => {
    const backend = await wasmBackend()
    expect(heapKernels(backend)).toBe(heapKernels(backend))
  })

  it('refuse a backend that does not show its memory, with the version that does', async () => {
    const backend = await wasmBackend()
    expect(() => heapKernels(changed(backend, { asm: {} }))).toThrow(/must export its memory as version 4\.22\.0 does/)
  })

  it('say what they need where they cannot be instantiated', async () => {
    const backend = await wasmBackend()
    const { WebAssembly: real } = globalThis as unknown as { WebAssembly: { Module: unknown } }
    vi.stubGlobal('WebAssembly', {
      Module: real.Module,
      Instance: function refuse() {
        throw new Error('shared memory')
      },
    })
    expect(() => heapKernels(changed(backend, {}))).toThrow(/need WebAssembly SIMD and a wasm backend with one thread/)
  })
})

describe('withScratch', () => {
  it('lends zeros and frees them, also when the borrower throws', async () => {
    const backend = await wasmBackend()
    const heap = () => (backend.wasm as unknown as { HEAPU8: Uint8Array }).HEAPU8
    const addresses = [1, 2, 3].map(() => withScratch(1000, backend, (address) => {
      expect(heap().subarray(address, address + 1000).every((byte) => byte === 0)).toBe(true)
      heap().fill(7, address, address + 1000)
      return address
    }))
    expect(() => withScratch(1000, backend, (address) => {
      addresses.push(address)
      throw new Error('dropped')
    })).toThrow('dropped')
    expect(new Set([...addresses, withScratch(1000, backend, (address) => address)]).size).toBe(1)
  })

  it('says how much was asked for where the backend has none left', async () => {
    const backend = await wasmBackend()
    expect(() => withScratch(12345, changed(backend, { _malloc: () => 0 }), () => undefined)).toThrow(/must have 12345 bytes of memory left/)
  })
})
