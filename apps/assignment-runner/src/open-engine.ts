import { availableParallelism } from 'node:os'
import type { Backend, openBackend } from '@sbgm/backends'
import type { findOnnxRuntime } from '@sbgm/onnx'
import type { Compute } from './compute/compute'
import { eagerCompute } from './compute/eager-compute'
import { onnxCompute } from './compute/onnx-compute'
import { isGpu, reportOf, type EngineReport } from './engine'
import { RunError } from './errors'
import type { RunOptions } from './options'

/** An open engine. */
export interface Engine {
  /** What it is and why it was chosen. */
  readonly report: EngineReport
  /** How it trains and evaluates networks. */
  readonly compute: Compute
  /** Gives its backend back. */
  close(): Promise<void>
}

/** What {@link openEngine} needs of the world. */
export interface EngineSources {
  readonly openBackend: typeof openBackend
  readonly findOnnxRuntime: typeof findOnnxRuntime
  /** Gives up between the steps of opening. */
  readonly signal: AbortSignal
  /** Threads of onnxruntime. @defaultValue one for each core */
  readonly threads?: number | undefined
}

/**
 * Opens the engine: a tfjs backend, which becomes the active one, and for `onnx` onnxruntime beside it. An engine asked for by
 * name is opened or refused, never replaced; `auto` is a GPU, else `onnx` where onnxruntime-node can be loaded, else wasm.
 *
 * @returns the engine; close it at the end
 * @throws {RunError} for `onnx` by name where onnxruntime-node cannot be loaded; what `openBackend` throws; the signal's reason.
 */
export async function openEngine(asked: RunOptions['engine'], { openBackend, findOnnxRuntime, signal, threads = availableParallelism() }: EngineSources): Promise<Engine> {
  if (asked !== 'auto' && asked !== 'onnx') return eagerEngine(await openBackend({ engine: asked, gradients: true, signal }))
  const found = await findOnnxRuntime()
  signal.throwIfAborted()
  if ('missing' in found && asked === 'onnx') throw new RunError(`--engine onnx cannot be had here; give another, such as --engine wasm. ${found.missing}`)
  const backend = await openBackend({ engine: 'auto', gpu: 'ignore', gradients: true, signal })
  if (asked === 'auto' && isGpu(backend.engine)) return eagerEngine(backend)
  if ('missing' in found) return eagerEngine({ ...backend, reason: `onnx, which is faster, cannot be had. ${found.missing} ${backend.reason}` })
  const chosen = asked === 'onnx' ? 'asked for by name.' : 'the fastest engine of this version that can be opened here.'
  return {
    report: {
      ...reportOf(backend),
      engine: 'onnx',
      onnxruntime: { version: found.version, threads },
      reason: backend.engine === 'wasm' ? chosen : `${chosen} Its tfjs backend: ${backend.reason}`,
    },
    compute: onnxCompute({ threads }),
    close: () => backend.close(),
  }
}

const eagerEngine = (backend: Backend): Engine => ({ report: reportOf(backend), compute: eagerCompute, close: () => backend.close() })
