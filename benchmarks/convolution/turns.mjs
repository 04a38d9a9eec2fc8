// Two sets of kernels taking turns in one process: the stock ones of tfjs's wasm backend, and those of @sbgm/backends.
import * as tf from '@tensorflow/tfjs-core'
import { describeBackend, openBackend } from '@sbgm/backends'
import { completeStock } from './stock-kernels.mjs'

/** The backend stays started between turns, so that tensors live on. */
export async function startTurns() {
  const first = await openBackend({ engine: 'wasm' })
  console.log(describeBackend(first))
  await first.close()
  await tf.setBackend('wasm')
  let end = () => {}
  return {
    async stock() {
      await end()
      const uninstall = completeStock()
      end = async () => uninstall()
    },
    async ours() {
      await end()
      const backend = await openBackend({ engine: 'wasm' }) // did not start it, so closing does not free it
      end = () => backend.close()
    },
  }
}
