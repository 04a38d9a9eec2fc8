import { describeAdapter, describeBackend, type AdapterReport, type Backend } from '@sbgm/backends'

/** Which engine computes, with what, and why it was chosen: a tfjs backend alone, or onnxruntime beside one. */
export type EngineReport = BackendReport | OnnxReport

/** What is known of a tfjs backend: all of it that is data. */
type BackendReport = Omit<Backend, 'close'>

/** onnxruntime for the networks; backend, version, details and gradients are those of the tfjs backend for all else. */
export type OnnxReport = Omit<BackendReport, 'engine' | 'adapter'> & (OnProcessor | OnCard)

/** onnxruntime on the processor. */
interface OnProcessor {
  readonly engine: 'onnx'
  readonly onnxruntime: {
    /** Version of onnxruntime-node. */
    readonly version: string
    /** Threads within an operation. */
    readonly threads: number
  }
}

/** onnxruntime on a GPU, by its own WebGPU engine. */
interface OnCard {
  readonly engine: 'onnx-webgpu'
  readonly onnxruntime: {
    /** Version of onnxruntime-node. */
    readonly version: string
  }
  /** The adapter that WebGPU in Node gives who asks it for the fastest, as onnxruntime does; onnxruntime itself does not say which it took. */
  readonly adapter: AdapterReport
}

/** The report of an open backend. */
export function reportOf({ engine, backend, version, reason, details, gradients, adapter }: Backend): BackendReport {
  return { engine, backend, version, reason, details, gradients, ...(adapter && { adapter }) }
}

/** One line for people, without a line break at its end. */
export function describeEngine(report: EngineReport): string {
  if (!('onnxruntime' in report)) return describeBackend(report)
  const { engine, backend, version, reason } = report
  return `${engine} (onnxruntime-node ${report.onnxruntime.version} on ${placeOf(report)}; tfjs backend ${backend} ${version} for the rest): ${reason}`
}

/** What onnxruntime computes on, in words. */
function placeOf(report: OnnxReport): string {
  if (report.engine === 'onnx-webgpu') return `the GPU ${describeAdapter(report.adapter)}, by its own WebGPU engine`
  const { threads } = report.onnxruntime
  return `${threads} ${threads === 1 ? 'thread' : 'threads'}`
}

/** Threads of an engine whose last digits depend on their number: onnxruntime. */
export const threadsOf = (report: EngineReport): number | undefined => (report.engine === 'onnx' ? report.onnxruntime.threads : undefined)

const gpuEngines: readonly string[] = ['onnx-webgpu', 'webgpu', 'node-gpu']

/** Whether an engine computes on a GPU. */
export const isGpu = (engine: string): boolean => gpuEngines.includes(engine)
