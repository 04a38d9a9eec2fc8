import { env } from '@tensorflow/tfjs-core'
import { activate } from './activate'
import type { StartedEngine } from './backend'
import { importPeer } from './import-peer'
import { installWasmConvolutionGradients } from './wasm-convolution'
import { installWasmMatMul } from './wasm-matmul'

/** Starts tfjs's WebAssembly backend with {@link installWasmMatMul}. */
export async function startWasm(): Promise<StartedEngine> {
  const wasm = await importPeer({
    engine: 'wasm',
    packageName: '@tensorflow/tfjs-backend-wasm',
    remedy: "Install @tensorflow/tfjs-backend-wasm@4.22.0, or choose engine 'cpu' (slow; for tests of mathematics).",
    load: () => import('@tensorflow/tfjs-backend-wasm'),
  })
  const simd = Boolean(await env().getAsync('WASM_HAS_SIMD_SUPPORT'))
  const deactivate = await activate('wasm')
  const uninstallMatMul = installWasmMatMul()
  const uninstallConvolution = installWasmConvolutionGradients()
  return {
    engine: 'wasm',
    backend: 'wasm',
    version: wasm.version_wasm,
    details: { simd, threads: wasm.getThreadsCount(), matMul: 'through XNNPACK, gradients and batches included' },
    async stop() {
      uninstallConvolution()
      uninstallMatMul()
      await deactivate()
    },
  }
}
