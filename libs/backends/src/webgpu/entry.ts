import { hasNoDriver } from './graphics-checks'
import { importPeer } from '../import-peer'
import { noAdapter } from './no-adapter'

/** What the package `webgpu` exports: Dawn, Chromium's WebGPU, for Node. */
interface Dawn {
  create(flags: string[]): GPU
  readonly globals: object
}

const held: unique symbol = Symbol.for('@sbgm/backends.webgpu-entry') as never
const world = globalThis as typeof globalThis & { [held]?: { readonly gpu: GPU; holders: number; undo?: () => void }; navigator?: { readonly gpu?: GPU } }

/** The entry to WebGPU, and how to give it back. */
export interface WebGpuEntry {
  readonly gpu: GPU
  /** Takes back what opening put among the globals, if nobody else holds it. */
  release(): void
}

/**
 * The entry to WebGPU: `navigator.gpu` where there is one, else that of the package `webgpu`, put where TensorFlow.js looks for it together with
 * the classes that it names. Dawn is started once in a process and never again, as more than once is not safe.
 *
 * @throws {BackendUnavailableError} if there is neither, or no driver that the package could find.
 */
export async function openWebGpu(): Promise<WebGpuEntry> {
  if (world.navigator?.gpu !== undefined && world.navigator.gpu !== world[held]?.gpu) return { gpu: world.navigator.gpu, release: () => undefined }
  const packageName = 'webgpu' // not a literal in the import: it is for Node alone, and bundlers for browsers must not look for it
  const { create, globals } = await importPeer<Dawn>({
    engine: 'webgpu',
    packageName,
    remedy: 'Install webgpu@0.6 (its npm package holds all that it needs), or choose another engine.',
    load: () => import(/* @vite-ignore */ packageName) as Promise<Dawn>,
  })
  if (hasNoDriver()) throw noAdapter()
  const entry = (world[held] ??= { gpu: create([]), holders: 0 })
  if (entry.holders++ === 0) entry.undo = exposeGlobals(entry.gpu, globals)
  let released = false
  return {
    gpu: entry.gpu,
    release() {
      if (released) return
      released = true
      if (--entry.holders === 0) entry.undo?.()
    },
  }
}

/** Defines `navigator.gpu` and the names that are missing; returns how to undo it. */
function exposeGlobals(gpu: GPU, globals: object): () => void {
  const missing = Object.entries(globals).filter(([name]) => !(name in globalThis))
  for (const [name, value] of missing) Object.defineProperty(globalThis, name, { value, configurable: true, writable: true })
  const ownNavigator = world.navigator === undefined // Node 20
  if (ownNavigator) Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true, writable: true })
  Object.defineProperty(world.navigator, 'gpu', { value: gpu, configurable: true, enumerable: true })
  return () => {
    for (const [name] of missing) Reflect.deleteProperty(globalThis, name)
    if (ownNavigator) Reflect.deleteProperty(globalThis, 'navigator')
    else Reflect.deleteProperty(world.navigator as object, 'gpu')
  }
}
