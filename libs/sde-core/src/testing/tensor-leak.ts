import { memory } from '@tensorflow/tfjs-core'

/** What an action left behind on the backend. */
export interface TensorLeak {
  /** Tensors that were not freed; negative if it freed ones that were not its own. */
  readonly tensors: number
  /** Buffers that were not freed. */
  readonly dataBuffers: number
}

/** Nothing left behind: what {@link tensorLeak} should return. */
export const noLeak: TensorLeak = Object.freeze({ tensors: 0, dataBuffers: 0 })

/**
 * Runs an action and counts the tensors that it leaves behind; it must dispose of all that it is handed back.
 *
 * @param action - awaited; run it once before, if it fills caches on first use
 * @returns the differences of what `memory()` counts after and before; compare with {@link noLeak}
 * @throws what the action throws; nothing is counted then.
 */
export async function tensorLeak(action: () => unknown): Promise<TensorLeak> {
  const before = memory()
  await action()
  const after = memory()
  return { tensors: after.numTensors - before.numTensors, dataBuffers: after.numDataBuffers - before.numDataBuffers }
}
