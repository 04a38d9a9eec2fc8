import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import * as tf from '@tensorflow/tfjs-core'
import { openBackend } from './open-backend'
import type { Backend } from './backend'

const product = () => tf.tidy(() => Array.from(tf.matMul(tf.tensor2d([[1, 2], [3, 4]]), tf.tensor2d([[1, 0], [1, 1]])).dataSync()))
const open: Backend[] = []
const opened = async (...options: Parameters<typeof openBackend>) => {
  const backend = await openBackend(...options)
  open.push(backend)
  return backend
}

afterEach(async () => {
  for (const backend of open.splice(0).reverse()) await backend.close()
})

describe('openBackend', () => {
  describe('before anything registered the gradients', () => {
    it('reports that there are none where none were asked for, and registers them where they were', async () => {
      expect((await opened({ engine: 'cpu', gradients: false })).gradients).toBe(false)
      expect(() => tf.grad((x) => tf.square(x))(tf.scalar(3))).toThrow(/gradient/i)
      expect((await opened({ engine: 'cpu' })).gradients).toBe(true)
      expect(tf.grad((x) => tf.square(x))(tf.scalar(3)).dataSync()[0]).toBe(6)
    })
  })

  it('opens wasm by itself where no card is looked for, since it is the fastest then, and says so', async () => {
    const backend = await opened({ gpu: 'ignore' })
    expect(backend).toMatchObject({ engine: 'wasm', backend: 'wasm', version: '4.22.0', gradients: true })
    expect(backend.details).toMatchObject({ simd: true, threads: 1 })
    expect(backend.reason).toBe('wasm is the fastest engine of this version that can be opened here.')
    expect(tf.getBackend()).toBe('wasm')
    expect(product()).toEqual([3, 2, 7, 4])
  })

  it('opens the named engine and no other', async () => {
    const backend = await opened({ engine: 'cpu' })
    expect(backend).toMatchObject({ engine: 'cpu', backend: 'cpu', reason: 'asked for by name.' })
    expect(tf.getBackend()).toBe('cpu')
  })

  it('replaces the matMul kernel of wasm while it is open and gives the stock one back', async () => {
    await import('@tensorflow/tfjs-backend-wasm')
    const stock = tf.getKernel('BatchMatMul', 'wasm')
    const backend = await openBackend({ engine: 'wasm' })
    expect(tf.getKernel('BatchMatMul', 'wasm')).not.toBe(stock)
    await backend.close()
    await backend.close()
    expect(tf.getKernel('BatchMatMul', 'wasm')).toBe(stock)
  })

  it('leaves every stock kernel in place and no backend started where one of its kernels cannot be installed', async () => {
    await import('@tensorflow/tfjs-backend-wasm')
    const kernels = () => ['BatchMatMul', 'UnsortedSegmentSum', 'Conv2D', 'Sum', 'Identity', 'Slice'].map((name) => tf.getKernel(name as 'Sum', 'wasm'))
    const [stock, active, concat] = [kernels(), tf.getBackend(), tf.getKernel('Concat', 'wasm')] // the last to be replaced
    tf.unregisterKernel('Concat', 'wasm')
    try {
      await expect(openBackend({ engine: 'wasm' })).rejects.toThrow('Kernel Concat must be registered')
    } finally {
      tf.registerKernel(concat)
    }
    kernels().forEach((kernel, index) => expect(kernel).toBe(stock[index]))
    expect([tf.getBackend(), 'wasm' in tf.engine().registry]).toEqual([active, false])
  })

  it('opens again after closing, any number of times', async () => {
    for (let round = 0; round < 3; round++) {
      const backend = await openBackend({ engine: 'wasm' })
      expect(product()).toEqual([3, 2, 7, 4])
      await backend.close()
    }
  })

  it('makes the backend active again that was so before, and frees the one that it started', async () => {
    await opened({ engine: 'cpu' })
    const kept = tf.tensor1d([1, 2, 3])
    const inner = await openBackend({ engine: 'wasm' })
    expect(tf.getBackend()).toBe('wasm')
    await inner.close()
    expect(tf.getBackend()).toBe('cpu')
    expect('wasm' in tf.engine().registry).toBe(false)
    expect(Array.from(kept.dataSync())).toEqual([1, 2, 3])
    kept.dispose()
  })

  it('leaves a backend running that somebody else started', async () => {
    await import('@tensorflow/tfjs-backend-wasm')
    await tf.setBackend('wasm')
    const kept = tf.tensor1d([1, 2, 3])
    await (await openBackend({ engine: 'wasm' })).close()
    expect(Array.from(kept.dataSync())).toEqual([1, 2, 3])
    kept.dispose()
    const { factory, priority } = tf.engine().registryFactory['wasm'] ?? { factory: () => tf.backend(), priority: 2 }
    tf.removeBackend('wasm')
    tf.registerBackend('wasm', factory, priority)
  })

  it('leaks no tensor by opening and closing', async () => {
    await opened({ engine: 'cpu' }) // tfjs counts only while a backend is active
    const before = tf.memory().numTensors
    for (const engine of ['cpu', 'wasm'] as const) await (await openBackend({ engine })).close()
    expect(tf.memory().numTensors).toBe(before)
  })

  it('refuses onnx and onnx-webgpu, which are no backends: it names what runs them and starts nothing', async () => {
    const active = tf.getBackend()
    const error: unknown = await openBackend({ engine: 'onnx' }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'BackendUnavailableError', engine: 'onnx' })
    expect(String(error)).toMatch(/'onnx' is no TensorFlow\.js backend.*Choose engine 'auto'.*compileForward.*of @sbgm\/onnx/)
    await expect(openBackend({ engine: 'onnx-webgpu' })).rejects.toMatchObject({ engine: 'onnx-webgpu', reason: expect.stringContaining("'onnx-webgpu' is no TensorFlow.js backend") as string })
    expect(tf.getBackend()).toBe(active)
  })

  it('refuses an unknown name with the valid ones and the nearest', async () => {
    await expect(openBackend({ engine: 'wsam' as 'wasm' })).rejects.toThrow(/must be one of .*got "wsam".*'wasm'/)
  })

  it('refuses an engine that tfjs cannot start and leaves the one before active', async () => {
    await opened({ engine: 'cpu' })
    await import('@tensorflow/tfjs-backend-wasm')
    const { factory, priority } = tf.engine().registryFactory['wasm'] ?? { factory: () => tf.backend(), priority: 2 }
    vi.spyOn(console, 'warn').mockImplementation(() => undefined)
    tf.removeBackend('wasm')
    tf.registerBackend('wasm', () => Promise.reject(new Error('no memory')), priority)
    try {
      await expect(openBackend({ engine: 'wasm' })).rejects.toThrow(/could not start its 'wasm' backend.*choose another engine/)
      expect(tf.getBackend()).toBe('cpu')
      const fallback = await opened({ engine: 'auto', gpu: 'ignore' })
      expect(fallback.engine).toBe('cpu')
      expect(fallback.reason).toMatch(/could not start its 'wasm' backend.*cpu is the fastest/)
    } finally {
      tf.removeBackend('wasm')
      tf.registerBackend('wasm', factory, priority)
      vi.restoreAllMocks()
    }
  })

  describe('with a signal', () => {
    it('throws its reason at once if it is aborted already', async () => {
      await expect(openBackend({ signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough')
    })

    it('stops what it started if it is aborted meanwhile', async () => {
      const active = tf.getBackend()
      const controller = new AbortController()
      const opening = openBackend({ engine: 'wasm', signal: controller.signal })
      setImmediate(() => controller.abort(new Error('enough')))
      await expect(opening).rejects.toThrow('enough')
      expect('wasm' in tf.engine().registry).toBe(false)
      expect(tf.getBackend()).toBe(active)
    })
  })
})

describe('the cpu engine', () => {
  const warnings: unknown[] = []
  beforeAll(() => {
    delete tf.engine().registry['cpu']
    vi.spyOn(console, 'warn').mockImplementation((...line) => void warnings.push(line))
  })

  it('prints no advertisement and leaves tfjs out of production mode', async () => {
    await opened({ engine: 'cpu' })
    expect(product()).toEqual([3, 2, 7, 4])
    expect(warnings).toEqual([])
    expect(tf.env().getBool('PROD')).toBe(false)
  })
})
