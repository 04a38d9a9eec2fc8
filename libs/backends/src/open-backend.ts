import type { Backend, StartedEngine, StartOptions } from './backend'
import { BackendUnavailableError } from './backend-unavailable-error'
import { startCpu } from './cpu-engine'
import { parseEngineName, type AvailableEngine, type EngineName } from './engine-name'
import { gradientsAreRegistered, loadGradients } from './gradients'
import { startNode, startNodeGpu } from './node/engine'
import { startWasm } from './wasm/engine'
import { startWebGpu } from './webgpu/engine'

/** What {@link openBackend} is asked for. */
export interface OpenBackendOptions {
  /**
   * The engine by name, or 'auto' for the fastest that can be opened. A named engine is opened or refused, never replaced.
   * @defaultValue 'auto'
   */
  readonly engine?: EngineName
  /**
   * Whether to register tfjs's gradients, which training and guidance need; takes the package `@tensorflow/tfjs-layers`.
   * @defaultValue true
   */
  readonly gradients?: boolean
  /**
   * Whether 'auto' looks for a GPU. Say 'ignore' where the numbers are read back at every step, as beside onnxruntime.
   * @defaultValue 'use'
   */
  readonly gpu?: 'use' | 'ignore'
  /**
   * Whether 'webgpu', asked for by name, may run on an adapter that computes on the processor (SwiftShader, lavapipe, WARP): for tests. 'auto' never takes one.
   * @defaultValue false
   */
  readonly allowSoftwareAdapter?: boolean
  /**
   * Which kernels 'webgpu' computes with: our own in place of those of TensorFlow.js that are slow in training, or TensorFlow.js's alone,
   * to compare with them, which also keep the memory of every tensor that was freed. Named kernels are taken or refused: a 'webgpu' that
   * runs with the others is not shared.
   * @defaultValue those of the 'webgpu' that runs already, else 'own'
   */
  readonly kernels?: 'own' | 'stock'
  /** Gives up between the steps of opening; whatever was started by then is stopped. */
  readonly signal?: AbortSignal
}

const starters: Readonly<Record<AvailableEngine, (options: StartOptions) => Promise<StartedEngine>>> = {
  webgpu: startWebGpu, 'node-gpu': startNodeGpu, node: startNode, wasm: startWasm, cpu: startCpu,
}

/** What 'auto' tries, in this order. Not TensorFlow's library by `node` and `node-gpu`, which we could not run: who has installed it names it. */
const automatic: readonly AvailableEngine[] = ['webgpu', 'wasm', 'cpu']

/**
 * Finds a TensorFlow.js backend, makes it the active one and says which it is and why. The active backend is global in
 * tfjs: the program opens one, libraries use what is open.
 *
 * @returns the open backend; close it at the end.
 * @throws {RangeError} for an engine name that does not exist.
 * @throws {BackendUnavailableError} if the named engine, or with 'auto' every engine, cannot be opened here.
 * @throws the signal's reason if it is aborted.
 * @example
 * const backend = await openBackend({ engine: 'wasm' })
 * console.log(describeBackend(backend))
 * await backend.close()
 */
export async function openBackend({ engine = 'auto', gradients = true, gpu = 'use', allowSoftwareAdapter = false, kernels, signal }: OpenBackendOptions = {}): Promise<Backend> {
  const asked = parseEngineName(engine)
  const candidates = asked === 'auto' ? automatic.filter((name) => gpu === 'use' || name !== 'webgpu') : [requireAvailable(asked)]
  signal?.throwIfAborted()
  if (gradients) await loadGradients(asked)
  signal?.throwIfAborted()
  const { started, refusals } = await startFirst(candidates, { allowSoftwareAdapter: allowSoftwareAdapter && asked !== 'auto', ...(kernels && { kernels }) })
  if (signal?.aborted === true) {
    await started.stop()
    signal.throwIfAborted()
  }
  const passedOver = refusals.map((refusal) => `${refusal.reason} `).join('')
  const fastest = `${started.engine} is the fastest engine of this version that can be opened here.`
  const reason = asked === 'auto' ? passedOver + fastest : 'asked for by name.'
  const { stop, ...report } = started
  let closing: Promise<void> | undefined
  return Object.freeze({
    ...report,
    reason,
    gradients: gradientsAreRegistered(),
    close: () => (closing ??= stop()),
  })
}

function requireAvailable(engine: Exclude<EngineName, 'auto'>): AvailableEngine {
  if (engine !== 'onnx' && engine !== 'onnx-webgpu') return engine
  throw new BackendUnavailableError({
    engine,
    reason: `Engine '${engine}' is no TensorFlow.js backend: onnxruntime runs what @sbgm/onnx compiled, beside any backend.`,
    remedy: "Choose engine 'auto' here, and call compile, compileForward or compileTrainStep of @sbgm/onnx with that backend active.",
  })
}

/** Starts the first candidate that can be started and keeps what the ones before it said; a single candidate's refusal is thrown as it is. */
async function startFirst(candidates: readonly AvailableEngine[], options: StartOptions) {
  const refusals: BackendUnavailableError[] = []
  for (const engine of candidates) {
    try {
      return { started: await starters[engine](options), refusals }
    } catch (error) {
      if (!BackendUnavailableError.isInstance(error) || candidates.length === 1) throw error
      refusals.push(error)
    }
  }
  throw new BackendUnavailableError({
    engine: 'auto',
    reason: `No engine can be opened here. ${refusals.map((refusal) => refusal.reason).join(' ')}`,
    remedy: 'Install @tensorflow/tfjs-backend-wasm@4.22.0.',
  })
}
