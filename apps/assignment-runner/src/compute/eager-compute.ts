import { eagerRunner } from '@sbgm/training'
import { tidy } from '@tensorflow/tfjs-core'
import type { Compute } from './compute'

/** Networks are run as they stand, on the active backend. */
export const eagerCompute: Compute = {
  runner: eagerRunner,
  bind: (forward, params) => ({
    run: async (inputs) => tidy(() => ({ ...forward(params, inputs) })),
    close: () => Promise.resolve(),
  }),
}
