import { getGradient } from '@tensorflow/tfjs-core'
import type { EngineName } from './engine-name'
import { importPeer } from './import-peer'

/** Whether tfjs can differentiate: its gradients are registered by `@tensorflow/tfjs-layers` or `@tensorflow/tfjs`, not by the core. */
export const gradientsAreRegistered = (): boolean => Boolean(getGradient('BatchMatMul'))

/**
 * Registers the gradients of tfjs's kernels, once per process.
 *
 * @throws {BackendUnavailableError} if `@tensorflow/tfjs-layers` is not installed.
 */
export async function loadGradients(engine: EngineName): Promise<void> {
  if (gradientsAreRegistered()) return
  await importPeer({
    engine,
    packageName: '@tensorflow/tfjs-layers',
    remedy: 'Install @tensorflow/tfjs-layers@4.22.0 (it registers the gradients), or pass gradients: false to sample only.',
    load: () => import('@tensorflow/tfjs-layers'),
  })
}
