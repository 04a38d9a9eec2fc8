import { describeBackend, type Backend } from '@sbgm/backends'

/** Which engine computes, with what, and why it was chosen: a tfjs backend alone, or onnxruntime beside one. */
export type EngineReport = BackendReport | OnnxReport

/** What is known of a tfjs backend: all of it that is data. */
type BackendReport = Omit<Backend, 'close'>

/** onnxruntime for the networks; backend, version, details and gradients are those of the tfjs backend for all else. */
interface OnnxReport extends Omit<BackendReport, 'engine'> {
  readonly engine: 'onnx'
  readonly onnxruntime: {
    /** Version of onnxruntime-node. */
    readonly version: string
    /** Threads within an operation. */
    readonly threads: number
  }
}

/** The report of an open backend. */
export function reportOf({ engine, backend, version, reason, details, gradients, adapter }: Backend): BackendReport {
  return { engine, backend, version, reason, details, gradients, ...(adapter && { adapter }) }
}

/** One line for people, without a line break at its end. */
export function describeEngine(report: EngineReport): string {
  if (report.engine !== 'onnx') return describeBackend(report)
  const { onnxruntime, backend, version, reason } = report
  const threads = `${onnxruntime.threads} ${onnxruntime.threads === 1 ? 'thread' : 'threads'}`
  return `onnx (onnxruntime-node ${onnxruntime.version} on ${threads}; tfjs backend ${backend} ${version} for the rest): ${reason}`
}

/** Threads of an engine whose last digits depend on their number: onnxruntime. */
export const threadsOf = (report: EngineReport): number | undefined => ('onnxruntime' in report ? report.onnxruntime.threads : undefined)

const gpuEngines: readonly string[] = ['webgpu', 'node-gpu']

/** Whether an engine computes on a GPU. */
export const isGpu = (engine: string): boolean => gpuEngines.includes(engine)
