import { availableParallelism } from 'node:os'
import { BackendUnavailableError, checkGraphics, describeAdapter, type AdapterReport, type Backend, type openBackend } from '@sbgm/backends'
import type { findOnnxRuntime, OnnxRuntimeFound } from '@sbgm/onnx'
import type { Compute } from './compute/compute'
import { eagerCompute } from './compute/eager-compute'
import { checkOnnxOnGpu, onnxCompute } from './compute/onnx-compute'
import { isGpu, reportOf, type EngineReport, type OnnxReport } from './engine'
import { tryEngine } from './engine-trial'
import { RunError } from './errors'
import { imageModelSettings } from './images/settings'
import type { Profile, RunOptions } from './options'
import { softwareAdapterFlag } from './software-adapter'
import { fullStepSeconds, tryGpus } from './try-gpus'

/** An open engine. */
export interface Engine {
  /** What it is and why it was chosen. */
  readonly report: EngineReport
  /** How it trains and evaluates networks. */
  readonly compute: Compute
  /** How much work suits it, where the profile was left open; else the profile that was asked for. */
  readonly profile: Profile
  /** Gives its backend back. */
  close(): Promise<void>
}

/** What {@link openEngine} needs of the world. */
export interface EngineSources {
  readonly openBackend: typeof openBackend
  readonly findOnnxRuntime: typeof findOnnxRuntime
  /** Gives up between the steps of opening. */
  readonly signal: AbortSignal
  /** Threads of onnxruntime. @defaultValue one for each core */
  readonly threads?: number | undefined
  /** Profile of the run, whose network a GPU is tried with. @defaultValue none: `auto` looks for no GPU */
  readonly profile?: RunOptions['profile'] | undefined
  /** Whether `webgpu` and `onnx-webgpu`, asked for by name, may compute on the processor. @defaultValue false */
  readonly allowSoftwareAdapter?: boolean | undefined
  /** Why an engine that is no `auto` is the one asked for, as a sentence. @defaultValue 'asked for by name.' */
  readonly because?: string | undefined
  /** Told what takes a while. @defaultValue nobody is */
  readonly say?: ((line: string) => void) | undefined
  /** Tries an engine; for tests. @defaultValue {@link tryEngine} */
  readonly tryEngine?: typeof tryEngine
  /** Computes something with onnxruntime on a GPU; for tests. @defaultValue {@link checkOnnxOnGpu} */
  readonly checkOnnxOnGpu?: () => Promise<void>
  /** Whether this user may use a card; for tests. @defaultValue as {@link checkGraphics} finds it */
  readonly cardIsThere?: () => boolean
}

/** The engines that are a tfjs backend and nothing more. */
type BackendEngine = Exclude<RunOptions['engine'], 'auto' | 'onnx' | 'onnx-webgpu'>

/** Why an engine is the one, where nothing else is said. */
const byName = 'asked for by name.'

/**
 * Opens the engine: a tfjs backend, which becomes the active one, and for `onnx` and `onnx-webgpu` onnxruntime beside it. An engine asked for by
 * name is opened or refused, never replaced. `auto` is a GPU where one is found and does better in a trial, else `onnx` where onnxruntime-node can be loaded, else wasm.
 *
 * @returns the engine; close it at the end
 * @throws {RunError} for `onnx` and `onnx-webgpu` by name where onnxruntime-node cannot be loaded or has no engine for a GPU; what `openBackend` and onnxruntime throw; the signal's reason.
 */
export async function openEngine(asked: RunOptions['engine'], sources: EngineSources): Promise<Engine> {
  const { openBackend, findOnnxRuntime, signal, threads = availableParallelism(), profile = 'quick', because = byName } = sources
  if (asked !== 'auto' && asked !== 'onnx' && asked !== 'onnx-webgpu') {
    const backend = await openNamed(asked, asked, sources)
    try {
      return eagerEngine({ ...backend, reason: because }, await profileOf(backend, eagerCompute, sources))
    } catch (error) {
      await backend.close()
      throw error
    }
  }
  const found = await findOnnxRuntime()
  signal.throwIfAborted()
  if (asked !== 'auto') {
    if ('missing' in found) throw new RunError(`--engine ${asked} cannot be had here; give another, such as --engine wasm. ${found.missing}`)
    if (asked === 'onnx-webgpu') return openCompiledOnGpu(found, { ...sources, threads, because })
  }
  const processor = onnxCompute({ threads })
  const { engine: gpu, why = '' } = asked === 'auto' ? await tryGpu(found, { ...sources, threads }) : {}
  if (gpu !== undefined) return gpu
  const onProcessor = profile === 'auto' ? 'quick' : profile
  const backend = await openBackend({ engine: 'auto', gpu: 'ignore', gradients: true, signal })
  if ('missing' in found) return eagerEngine({ ...backend, reason: `${why}onnx, which is faster, cannot be had. ${found.missing} ${backend.reason}` }, onProcessor)
  const chosen = asked === 'onnx' ? because : `${why}the fastest engine of this version that can be opened here.`
  return compiledEngine(backend, { engine: 'onnx', onnxruntime: { version: found.version, threads } }, { reason: chosen, compute: processor, profile: onProcessor })
}

/** Sources whose threads are decided. */
type Decided = EngineSources & { readonly threads: number }

/** `onnx-webgpu` by name. Which adapter onnxruntime will take is asked of the tfjs backend for the same, which refuses one in software as it refuses it for itself. */
async function openCompiledOnGpu(found: OnnxRuntimeFound, sources: Decided & { readonly because: string }): Promise<Engine> {
  if (!found.devices.includes('webgpu')) {
    throw new RunError(`--engine onnx-webgpu cannot be had here; give another, such as --engine webgpu. onnxruntime-node ${found.version} has no WebGPU engine for this system (${process.platform}, ${process.arch}).`)
  }
  const { adapter, close } = await openNamed('webgpu', 'onnx-webgpu', sources)
  await close()
  if (adapter === undefined) throw new RunError('--engine onnx-webgpu must know the card that it would compute on; it does not say who it is. Give another engine.')
  const compute = onnxCompute({ device: 'webgpu', threads: sources.threads })
  const backend = await sources.openBackend({ engine: 'auto', gpu: 'ignore', gradients: true, signal: sources.signal })
  try {
    await (sources.checkOnnxOnGpu ?? checkOnnxOnGpu)()
    const profile = await profileOf({ engine: 'onnx-webgpu', adapter }, compute, sources)
    return compiledEngine(backend, { engine: 'onnx-webgpu', onnxruntime: { version: found.version }, adapter }, { reason: sources.because, compute, profile })
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** Opens a backend by name, for an engine; its refusal is said in the words of the command line, with the engine's name and why it is the one where the refusal does not say so. */
async function openNamed(backend: BackendEngine, engine: RunOptions['engine'], { openBackend, signal, allowSoftwareAdapter = false, because = byName }: EngineSources): Promise<Backend> {
  try {
    return await openBackend({ engine: backend, gradients: true, signal, allowSoftwareAdapter })
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error)) throw error
    const software = error.adapter?.software === true
    const called = backend === engine && because === byName
    if (called && !software) throw error
    const remedy = software ? `Install the driver of a card, give another engine, or give --engine ${engine} ${softwareAdapterFlag} to take it all the same.` : error.remedy
    throw new RunError(`${called ? '' : `--engine ${engine}, ${because.replace(/\.$/, '')}, cannot be had here. `}${error.reason} ${remedy}`, { cause: error })
  }
}

/** A GPU, where one is found and computes what the processor does, and faster; else why not, where that is worth a sentence. */
async function tryGpu(found: Awaited<ReturnType<typeof findOnnxRuntime>>, sources: Decided): Promise<{ readonly engine?: Engine; readonly why?: string }> {
  const { openBackend, signal, threads, profile, say = () => {}, tryEngine: attempt = tryEngine, cardIsThere = () => checkGraphics().some(({ name, ok }) => name === 'card' && ok) } = sources
  if (profile === undefined || profile === 'smoke') return {}
  let backend: Backend
  try {
    backend = await openBackend({ engine: 'webgpu', gradients: true, signal })
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error)) throw error
    return cardIsThere() ? { why: `A card is there, but: ${error.reason} The command doctor says what to do. Without it: ` } : {}
  }
  const { adapter } = backend
  const card = adapter === undefined ? backend.engine : describeAdapter(adapter)
  const onnxruntime = 'missing' in found ? undefined : found
  const compiled = onnxruntime?.devices.includes('webgpu') && adapter !== undefined ? onnxCompute({ device: 'webgpu', threads }) : undefined
  try {
    say(`trying the GPU ${card} against the processor`)
    const verdict = await tryGpus({ card, compiled, processor: onnxruntime && onnxCompute({ threads }), profile, attempt, signal })
    if ('engine' in verdict && verdict.engine === 'webgpu') return { engine: eagerEngine({ ...backend, reason: verdict.reason }, verdict.profile) }
    await backend.close()
    if ('why' in verdict) return verdict
    const beside = await openBackend({ engine: 'auto', gpu: 'ignore', gradients: true, signal })
    const { version } = onnxruntime as OnnxRuntimeFound
    return { engine: compiledEngine(beside, { engine: 'onnx-webgpu', onnxruntime: { version }, adapter: adapter as AdapterReport }, { reason: verdict.reason, compute: compiled as Compute, profile: verdict.profile }) }
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** How much work suits an engine that was asked for by name, where that was left open: much only for a card whose step is fast enough. */
async function profileOf({ engine, adapter }: { readonly engine: EngineReport['engine']; readonly adapter?: AdapterReport }, compute: Compute, { profile = 'quick', say = () => {}, tryEngine: attempt = tryEngine }: EngineSources): Promise<Profile> {
  if (profile !== 'auto') return profile
  if (!isGpu(engine) || adapter?.software === true) return 'quick'
  say('trying a training step of the profile full on the GPU')
  return (await attempt(compute, imageModelSettings.full)).seconds <= fullStepSeconds ? 'full' : 'quick'
}

const eagerEngine = (backend: Backend, profile: Profile): Engine => ({ report: reportOf(backend), compute: eagerCompute, profile, close: () => backend.close() })

/** Onnxruntime beside a backend. */
function compiledEngine(
  backend: Backend, place: Pick<OnnxReport, 'engine' | 'onnxruntime'> & { readonly adapter?: AdapterReport }, { reason, compute, profile }: { readonly reason: string; readonly compute: Compute; readonly profile: Profile },
): Engine {
  const report = { ...reportOf(backend), ...place, reason: backend.engine === 'wasm' ? reason : `${reason} Its tfjs backend: ${backend.reason}` } as OnnxReport
  return { report, compute, profile, close: () => backend.close() }
}
