import { env, scalar } from '@tensorflow/tfjs-core'
import { activate } from './activate'
import type { StartedEngine } from './backend'
import { importPeer } from './import-peer'

/** Starts tfjs's plain JavaScript backend: slow, and the reference that the others are tested against. */
export async function startCpu(): Promise<StartedEngine> {
  const cpu = await importPeer({
    engine: 'cpu',
    packageName: '@tensorflow/tfjs-backend-cpu',
    remedy: "Install @tensorflow/tfjs-backend-cpu@4.22.0, or choose engine 'wasm'.",
    load: () => import('@tensorflow/tfjs-backend-cpu'),
  })
  const deactivate = await activate('cpu')
  passBanner()
  return {
    engine: 'cpu',
    backend: 'cpu',
    version: cpu.version_cpu,
    details: { simd: false, threads: 1 },
    stop: deactivate,
  }
}

/** In Node this backend prints an advertisement when it gets its first tensor, unless tfjs is in production mode: so it gets one there. */
function passBanner(): void {
  const production = env().getBool('PROD')
  env().set('PROD', true)
  try {
    scalar(0).dispose()
  } finally {
    env().set('PROD', production)
  }
}
