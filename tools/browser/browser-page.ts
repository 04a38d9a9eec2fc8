import { openBackend } from '@sbgm/backends'
import '@tensorflow/tfjs-backend-webgl'
import '@tensorflow/tfjs-backend-webgpu'
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm'
import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import { outcomeOf } from './browser-program'

setWasmPaths('/wasm/')

/** Activates a backend of TensorFlow.js, wasm with the kernels that training needs, and gives the name of what is active then. */
async function activate(name: string): Promise<string> {
  await (name === 'wasm' ? openBackend({ engine: 'wasm' }) : setBackend(name))
  return getBackend()
}

Object.assign(globalThis, { activate, outcomeOf })
