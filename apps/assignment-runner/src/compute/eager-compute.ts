import { eagerRunner } from '@sbgm/training'
import { tidy } from '@tensorflow/tfjs-core'
import type { Compute } from './compute'

/** Networks are run as they stand, on the active backend. */
export const eagerCompute: Compute = {
  runner: eagerRunner,
  bind: (forward, params) => Promise.resolve({
    run: (inputs) => Promise.resolve(tidy(() => ({ ...forward(params, inputs) }))),
    close: () => Promise.resolve(),
  }),
}
