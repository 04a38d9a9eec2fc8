import { env } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, beforeEach } from 'vitest'
import { noAdapter, offerSwiftShader } from '../../../../tools/software-gpu'
import type { Backend } from '../backend'
import { BackendUnavailableError } from '../backend-unavailable-error'
import { openBackend } from '../open-backend'

/**
 * For tests: WebGPU is open while those of a file run, on a card or on SwiftShader, and each kernel is checked for data left behind. They are skipped,
 * with the reason, where there is no adapter; any other failure to open is one of theirs.
 */
export function onGpu(): void {
  let gpu: Backend | undefined
  let missing: string | undefined
  beforeAll(async () => {
    offerSwiftShader()
    try {
      gpu = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
      env().set('IS_TEST', true)
    } catch (error) {
      if (!BackendUnavailableError.isInstance(error)) throw error
      missing = noAdapter(error.message)
    }
  }, 60_000)
  beforeEach((context) => void (missing !== undefined && context.skip(missing)))
  afterAll(async () => {
    env().set('IS_TEST', false)
    await gpu?.close()
  })
}
