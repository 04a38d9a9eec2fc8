import { engine as tfjsEngine, registerBackend, removeBackend, version_core } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { activate } from '../activate'
import { describeAdapter, reportAdapter, type AdapterReport } from './adapter-report'
import type { StartedEngine, StartOptions } from '../backend'
import { BackendUnavailableError } from '../backend-unavailable-error'
import { BufferPool } from './buffer-pool'
import { guardDevice } from './guard-device'
import { importPeer } from '../import-peer'
import { noAdapter } from './no-adapter'
import { openWebGpu } from './entry'
import { installWebGpuKernels } from './kernels/install'
import { uploadByQueue } from './queue-uploads'

const name = 'webgpu'
const priority = 3 // the stock one's

interface Opened {
  readonly report: AdapterReport
  readonly kernels: 'own' | 'stock'
}

/** The backends that were started here, so that a second opening finds out what it shares. */
const opened = new WeakMap<object, Opened>()

/**
 * Starts tfjs's WebGPU backend on a device of our own: with all that the adapter allows, and with errors that stop the computation instead of
 * passing as zeros.
 *
 * @throws {BackendUnavailableError} where a package is missing, where there is no adapter, or only one that computes on the processor and
 * was not allowed, and where it runs already with other kernels than those asked for.
 */
export async function startWebGpu(options: StartOptions): Promise<StartedEngine> {
  const { WebGPUBackend } = await importPeer({
    engine: name,
    packageName: '@tensorflow/tfjs-backend-webgpu',
    remedy: 'Install @tensorflow/tfjs-backend-webgpu@4.22.0 and webgpu@0.6, or choose another engine.',
    load: () => import('@tensorflow/tfjs-backend-webgpu'),
  })
  const running = tfjsEngine().registry[name] as object | undefined
  if (running !== undefined) return share(opened.get(running), options)

  const { kernels = 'own' } = options
  const { gpu, release } = await openWebGpu()
  try {
    const { adapter, report } = await findAdapter(gpu, options)
    const device = await requestDevice(adapter, report)
    const backend = new WebGPUBackend(device, (adapter as GPUAdapter & { readonly info: GPUAdapterInfo }).info)
    if (kernels === 'own') {
      backend.bufferManager = new BufferPool(device) as unknown as typeof backend.bufferManager
      uploadByQueue(backend)
    }
    const expectEnd = guardDevice(backend, describeAdapter(report))
    const takeBack = register(backend)
    const destroy = () => {
      expectEnd()
      takeBack()
      device.destroy()
      release()
    }
    try {
      opened.set(backend, { report, kernels })
      const uninstall = kernels === 'own' ? installWebGpuKernels() : () => undefined
      const deactivate = await activate(name).catch((error: unknown) => {
        uninstall()
        throw error
      })
      return {
        ...describe(report),
        async stop() {
          uninstall()
          await device.queue.onSubmittedWorkDone().catch(() => undefined) // a lost device has none left
          await deactivate()
          destroy()
        },
      }
    } catch (error) {
      destroy()
      throw error
    }
  } catch (error) {
    release()
    throw error
  }
}

/** Takes part in the backend that an earlier opening started, which alone ends it. */
async function share(running: Opened | undefined, { kernels = running?.kernels }: StartOptions): Promise<StartedEngine> {
  if (running === undefined) {
    throw new BackendUnavailableError({
      engine: name,
      reason: "Engine 'webgpu' runs already on a device that somebody else opened, whose errors would go unnoticed.",
      remedy: "Open it with openBackend alone, or go on without: it is TensorFlow.js's backend 'webgpu'.",
    })
  }
  if (kernels !== running.kernels) {
    throw new BackendUnavailableError({
      engine: name,
      reason: `Engine 'webgpu' runs already, with kernels '${running.kernels}'; got kernels '${kernels}'.`,
      remedy: 'Close the one that runs first, or leave kernels out to share it.',
    })
  }
  return { ...describe(running.report), stop: await activate(name) }
}

const describe = (adapter: AdapterReport) => ({
  engine: name,
  backend: name,
  version: version_core, // its package exports none; all of tfjs goes by one
  details: { adapter: describeAdapter(adapter), ...(adapter.software && { 'computes on the processor': true }) },
  adapter,
}) as const

async function findAdapter(gpu: GPU, { allowSoftwareAdapter }: StartOptions): Promise<{ readonly adapter: GPUAdapter; readonly report: AdapterReport }> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  if (adapter === null) throw noAdapter()
  const report = reportAdapter(adapter as GPUAdapter & { readonly info: GPUAdapterInfo })
  if (report.software && !allowSoftwareAdapter) {
    throw new BackendUnavailableError({
      engine: name,
      reason: `Engine 'webgpu' found only the software adapter ${describeAdapter(report)}, which computes on the processor and is slower than wasm.`,
      remedy: 'Install the driver of a card, choose another engine, or pass allowSoftwareAdapter: true to take it all the same.',
      adapter: report,
    })
  }
  return { adapter, report }
}

async function requestDevice(adapter: GPUAdapter, report: AdapterReport): Promise<GPUDevice> {
  try {
    return await adapter.requestDevice({
      requiredLimits: { ...report.limits },
      requiredFeatures: adapter.features.has('timestamp-query') ? ['timestamp-query'] : [], // for tf.time
    })
  } catch (cause) {
    const reason = `Engine 'webgpu' could not open a device on ${describeAdapter(report)}: ${cause instanceof Error ? cause.message : String(cause)}.`
    throw new BackendUnavailableError({ engine: name, reason, remedy: 'Update its driver, end what else uses the card, or choose another engine.', adapter: report }, { cause })
  }
}

/** Registers a backend in the place of the factory that tfjs's package registers where it sees a browser; returns how to undo it. */
function register(backend: WebGPUBackend): () => void {
  const stock = tfjsEngine().registryFactory[name]
  if (stock !== undefined) removeBackend(name)
  registerBackend(name, () => backend, priority)
  return () => {
    if (name in tfjsEngine().registryFactory) removeBackend(name)
    if (stock !== undefined) registerBackend(name, stock.factory, stock.priority)
  }
}
