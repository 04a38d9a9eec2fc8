import type { AdapterReport } from './webgpu/adapter-report'
import type { AvailableEngine } from './engine-name'

/** What is known about an engine once it runs. */
export interface EngineReport {
  /** The engine that runs. */
  readonly engine: AvailableEngine
  /** The name of its tfjs backend, as `tf.getBackend()` gives it. */
  readonly backend: string
  /** Version of the backend's package. */
  readonly version: string
  /** Facts that bear on speed, by name: `simd`, `threads`, `adapter` … */
  readonly details: Readonly<Record<string, string | number | boolean>>
  /** The GPU adapter of an engine that has one. */
  readonly adapter?: AdapterReport
}

/** What an engine is started with. */
export interface StartOptions {
  /** Whether a GPU adapter that computes on the processor will do. */
  readonly allowSoftwareAdapter: boolean
  /** Which kernels WebGPU computes with; those of the one that runs, or our own, where it is not said. */
  readonly kernels?: 'own' | 'stock'
}

/** An engine that was started and can be stopped; what {@link openBackend} builds a {@link Backend} from. */
export interface StartedEngine extends EngineReport {
  /** Takes back what starting changed. */
  stop(): Promise<void>
}

/** An open tfjs backend: tfjs's ops run on it until it is closed. */
export interface Backend extends EngineReport {
  /** Why this engine and no other, as a sentence. */
  readonly reason: string
  /** Whether tfjs can differentiate; false only if that was not asked for. */
  readonly gradients: boolean
  /**
   * Gives back the stock kernels, makes the backend active that was so before, and frees this one if opening it started
   * it. Dispose of your tensors first: what still lives on a freed backend is lost. Closing again does nothing.
   */
  close(): Promise<void>
}

/**
 * One line for people, such as
 * `wasm (tfjs backend wasm 4.22.0; simd, 1 thread; with gradients): asked for by name.`
 *
 * @returns the line, without a line break at its end
 */
export function describeBackend({ engine, backend, version, details, gradients, reason }: Omit<Backend, 'close'>): string {
  const facts = Object.entries(details)
    .map(([name, value]) => {
      if (name === 'threads') return `${value} ${value === 1 ? 'thread' : 'threads'}`
      return typeof value === 'boolean' ? `${value ? '' : 'no '}${name}` : `${name} ${value}`
    })
    .join(', ')
  return `${engine} (tfjs backend ${backend} ${version}; ${facts}; ${gradients ? 'with' : 'without'} gradients): ${reason}`
}
