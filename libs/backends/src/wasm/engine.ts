import { env } from '@tensorflow/tfjs-core'
import { activate } from '../activate'
import type { StartedEngine } from '../backend'
import { importPeer } from '../import-peer'
import { installTogether } from '../kernel-override'
import { installWasmConvolutionGradients } from './convolution'
import { installWasmCopies } from './copies'
import { installWasmMatMul } from './matmul'
import { installWasmReductions } from './reductions'
import { installWasmSegmentSum } from './segment-sum'

/** What runs our own SIMD kernels. */
const heapKernelSets = [installWasmConvolutionGradients, installWasmReductions, installWasmCopies]

/** Starts tfjs's WebAssembly backend with our kernels in place of those of its own that it lacks, or that are slow or wrong. */
export async function startWasm(): Promise<StartedEngine> {
  const wasm = await importPeer({
    engine: 'wasm',
    packageName: '@tensorflow/tfjs-backend-wasm',
    remedy: "Install @tensorflow/tfjs-backend-wasm@4.22.0, or choose engine 'cpu' (slow; for tests of mathematics).",
    load: () => import('@tensorflow/tfjs-backend-wasm'),
  })
  const simd = Boolean(await env().getAsync('WASM_HAS_SIMD_SUPPORT'))
  const deactivate = await activate('wasm')
  let uninstall: () => void
  try {
    uninstall = installTogether([installWasmMatMul, installWasmSegmentSum, ...(simd ? heapKernelSets : [])])
  } catch (error) {
    await deactivate()
    throw error
  }
  return {
    engine: 'wasm',
    backend: 'wasm',
    version: wasm.version_wasm,
    details: {
      simd,
      threads: wasm.getThreadsCount(),
      matMul: 'through XNNPACK, gradients and batches included',
      convolution: simd ? 'by own kernels, both gradients included' : "tfjs's own, no gradient of the filter",
    },
    async stop() {
      uninstall()
      await deactivate()
    },
  }
}
