import { backend as activeBackend, version_core } from '@tensorflow/tfjs-core'
import { activate } from '../activate'
import type { StartedEngine } from '../backend'
import { BackendUnavailableError } from '../backend-unavailable-error'
import { importPeer } from '../import-peer'
import { restoreUtil } from './restore-util'

/** What is used of the packages, which are installed by who wants them. */
interface TfjsNode {
  readonly version?: Readonly<Record<string, string>>
}

/** What their backend has beside tfjs's. */
interface NodeBackend {
  readonly isUsingGpuDevice?: boolean
  readonly binding?: { readonly TF_Version?: string }
}

/** The name under which both packages register their backend. */
const backendName = 'tensorflow'

/**
 * Starts TensorFlow's C library through `@tensorflow/tfjs-node`, on the processor.
 *
 * @throws {BackendUnavailableError} if the package is not installed or does not load.
 */
export const startNode = (): Promise<StartedEngine> => start({
  engine: 'node',
  packageName: '@tensorflow/tfjs-node',
  remedy: 'Install @tensorflow/tfjs-node@4.22.0 with its install script (npm install --ignore-scripts=false), which downloads TensorFlow 2.9, or choose another engine.',
})

/**
 * Starts TensorFlow's C library through `@tensorflow/tfjs-node-gpu`, on a card of NVIDIA's.
 *
 * @throws {BackendUnavailableError} if the package is not installed or does not load, or if TensorFlow finds no card that it can use.
 */
export const startNodeGpu = (): Promise<StartedEngine> => start({
  engine: 'node-gpu',
  packageName: '@tensorflow/tfjs-node-gpu',
  remedy:
    'Install @tensorflow/tfjs-node-gpu@4.22.0 with its install script (npm install --ignore-scripts=false), which downloads TensorFlow 2.9, and CUDA 11.2 with cuDNN 8.1; ' +
    "or choose engine 'webgpu', which needs the card's driver alone.",
})

async function start({ engine, packageName, remedy }: { readonly engine: 'node' | 'node-gpu'; readonly packageName: string; readonly remedy: string }): Promise<StartedEngine> {
  const takeUtilBack = restoreUtil()
  try {
    const module = await importPeer<TfjsNode>({ engine, packageName, remedy, load: () => import(/* @vite-ignore */ packageName) as Promise<TfjsNode> })
    const deactivate = await activate(backendName, engine)
    const { isUsingGpuDevice = false, binding } = activeBackend() as unknown as NodeBackend
    if (engine === 'node-gpu' && !isUsingGpuDevice) {
      await deactivate()
      throw new BackendUnavailableError({ engine, reason: `Engine 'node-gpu' loaded ${packageName}, but TensorFlow found no card that it can use; its own messages stand above.`, remedy })
    }
    return {
      engine,
      backend: backendName,
      version: module.version?.['tfjs-node'] ?? version_core,
      details: { TensorFlow: binding?.TF_Version ?? 'of unknown version', gpu: isUsingGpuDevice },
      async stop() {
        await deactivate()
        takeUtilBack()
      },
    }
  } catch (error) {
    takeUtilBack()
    throw error
  }
}
