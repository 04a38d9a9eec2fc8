import { describeBackend, type Backend } from '@sbgm/backends'
import type { Profile, RunOptions } from './options'

/** Which engine computes, with what, and why it was chosen. */
export interface EngineReport extends Omit<Backend, 'close' | 'engine'> {
  /** `onnx`, or the engine whose tfjs backend does all. */
  readonly engine: string
  /** What runs networks, where that is not the tfjs backend. @defaultValue none: it does */
  readonly onnxruntime?: {
    /** Version of onnxruntime-node. */
    readonly version: string
    /** Threads within an operation. */
    readonly threads: number
  }
}

/** The report of an open backend: all of it that is data. */
export function reportOf({ engine, backend, version, reason, details, gradients }: Backend): EngineReport {
  return { engine, backend, version, reason, details, gradients }
}

/** One line for people, without a line break at its end. */
export function describeEngine({ onnxruntime, engine, ...report }: EngineReport): string {
  if (onnxruntime === undefined) return describeBackend({ ...report, engine: engine as Backend['engine'] })
  const { backend, version, reason } = report
  const threads = `${onnxruntime.threads} ${onnxruntime.threads === 1 ? 'thread' : 'threads'}`
  return `${engine} (onnxruntime-node ${onnxruntime.version} on ${threads}; tfjs backend ${backend} ${version} for the rest): ${reason}`
}

const gpuEngines: readonly string[] = ['webgpu', 'node-gpu']

/** Whether an engine computes on a GPU. */
export const isGpu = (engine: string): boolean => gpuEngines.includes(engine)

/** `auto` decided: full on a GPU, else quick. */
export function decideProfile(asked: RunOptions['profile'], engine: string): Profile {
  if (asked !== 'auto') return asked
  return isGpu(engine) ? 'full' : 'quick'
}
