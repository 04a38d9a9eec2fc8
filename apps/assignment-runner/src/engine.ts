import type { Backend } from '@sbgm/backends'
import type { Profile, RunOptions } from './options'

/** Which engine computes, with what, and why it was chosen. */
export type EngineReport = Omit<Backend, 'close'>

/** The report of an open backend: all of it that is data. */
export function reportOf({ engine, backend, version, reason, details, gradients }: Backend): EngineReport {
  return { engine, backend, version, reason, details, gradients }
}

const gpuEngines: readonly string[] = ['webgpu', 'node-gpu']

/** `auto` decided: full on a GPU, else quick. */
export function decideProfile(asked: RunOptions['profile'], engine: string): Profile {
  if (asked !== 'auto') return asked
  return gpuEngines.includes(engine) ? 'full' : 'quick'
}
