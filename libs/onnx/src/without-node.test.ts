import '@tensorflow/tfjs-backend-cpu'
import { mul, setBackend, sum, type Tensor } from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { compile } from './compile'
import { compileTrainStep, type TraceableStep } from './compile-train-step'
import { exportOnnx, onnxModel } from './export-onnx'
import { findOnnxRuntime } from './run/onnxruntime'
import { OnnxRuntimeMissingError } from './run/onnxruntime-missing-error'

// What the library does where there is no Node, shown by Node without its modules; tools/browser has the real thing.
beforeEach(async () => {
  await setBackend('cpu')
  vi.stubGlobal('process', undefined)
})
afterEach(() => void vi.unstubAllGlobals())

const doubled = ({ x }: Record<string, Tensor>) => ({ y: mul(x, 2) })

it('says that onnxruntime-node runs in Node only', async () => {
  expect(await findOnnxRuntime()).toEqual({ missing: expect.stringContaining('it runs in Node only') as string })
})

it('runs what is compiled eagerly, says so, and refuses onnxruntime where it was asked for', async () => {
  const compiled = await compile(doubled)
  expect(compiled.engine).toBe('eager')
  expect(compiled.reason).toContain('it runs in Node only')
  expect(Array.from((await compiled.runArrays({ x: { data: Float32Array.of(1, 2), shape: [2] } })).y.data)).toEqual([2, 4])
  await expect(compile(doubled, undefined, { engine: 'onnxruntime' })).rejects.toThrow(OnnxRuntimeMissingError)
})

it('refuses a compiled training step', async () => {
  const step: TraceableStep = {
    layout: { total: 1 },
    run: (tensors, _, rates) => ({ tensors, loss: sum(rates), gradientNorm: sum(rates) }),
    rates: () => [1],
  }
  const one = Float32Array.of(1)
  const run = await compileTrainStep(step).begin({ parameters: one, average: one, first: one, second: one })
  await expect(run.run({}, [1])).rejects.toThrow(OnnxRuntimeMissingError)
  await run.end()
})

it('makes the bytes of an ONNX file, and refuses to write it before any work', async () => {
  const forward = vi.fn((_: unknown, { x }: Record<string, Tensor>) => ({ y: mul(x, 2) }))
  const options = { inputs: { x: { shape: ['batch', 2] } } } as const
  await expect(exportOnnx(forward, {}, 'model.onnx', options)).rejects.toThrow('this is not Node. Take the bytes that onnxModel gives.')
  expect(forward).not.toHaveBeenCalled()
  expect((await onnxModel(forward, {}, options)).length).toBeGreaterThan(100)
})
