import { availableParallelism } from 'node:os'
import { BackendUnavailableError, checkGraphics, describeAdapter, type Backend, type openBackend } from '@sbgm/backends'
import type { findOnnxRuntime } from '@sbgm/onnx'
import type { Compute } from './compute/compute'
import { eagerCompute } from './compute/eager-compute'
import { onnxCompute } from './compute/onnx-compute'
import { isGpu, reportOf, type EngineReport } from './engine'
import { agree, tryEngine } from './engine-trial'
import { oneLine, RunError } from './errors'
import { imageModelSettings } from './images/settings'
import type { Profile, RunOptions } from './options'
import { softwareAdapterFlag } from './software-adapter'

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
  /** Whether `webgpu`, asked for by name, may compute on the processor. @defaultValue false */
  readonly allowSoftwareAdapter?: boolean | undefined
  /** Why an engine that is no `auto` is the one asked for, as a sentence. @defaultValue 'asked for by name.' */
  readonly because?: string | undefined
  /** Told what takes a while. @defaultValue nobody is */
  readonly say?: ((line: string) => void) | undefined
  /** Tries an engine; for tests. @defaultValue {@link tryEngine} */
  readonly tryEngine?: typeof tryEngine
  /** Whether this user may use a card; for tests. @defaultValue as {@link checkGraphics} finds it */
  readonly cardIsThere?: () => boolean
}

/** Seconds of a training step of the profile `full` up to which a GPU gets that profile by itself: its 45,000 steps of parts 2 and 3 then take at most two and a half hours. */
const fullStepSeconds = 0.2

/**
 * Opens the engine: a tfjs backend, which becomes the active one, and for `onnx` onnxruntime beside it. An engine asked for by
 * name is opened or refused, never replaced. `auto` is a GPU where one is found and does better in a trial, else `onnx` where onnxruntime-node can be loaded, else wasm.
 *
 * @returns the engine; close it at the end
 * @throws {RunError} for `onnx` by name where onnxruntime-node cannot be loaded; what `openBackend` throws; the signal's reason.
 */
export async function openEngine(asked: RunOptions['engine'], sources: EngineSources): Promise<Engine> {
  const { openBackend, findOnnxRuntime, signal, threads = availableParallelism(), profile = 'quick', because = 'asked for by name.' } = sources
  if (asked !== 'auto' && asked !== 'onnx') {
    const backend = await openNamed(asked, sources)
    return eagerEngine({ ...backend, reason: because }, await profileOf(backend, sources))
  }
  const found = await findOnnxRuntime()
  signal.throwIfAborted()
  if ('missing' in found && asked === 'onnx') throw new RunError(`--engine onnx cannot be had here; give another, such as --engine wasm. ${found.missing}`)
  const processor = onnxCompute({ threads })
  const { engine: gpu, why = '' } = asked === 'auto' ? await tryGpu('missing' in found ? undefined : processor, sources) : {}
  if (gpu !== undefined) return gpu
  const backend = await openBackend({ engine: 'auto', gpu: 'ignore', gradients: true, signal })
  const onProcessor = profile === 'auto' ? 'quick' : profile
  if ('missing' in found) return eagerEngine({ ...backend, reason: `${why}onnx, which is faster, cannot be had. ${found.missing} ${backend.reason}` }, onProcessor)
  const chosen = asked === 'onnx' ? because : `${why}the fastest engine of this version that can be opened here.`
  return {
    report: {
      ...reportOf(backend),
      engine: 'onnx',
      onnxruntime: { version: found.version, threads },
      reason: backend.engine === 'wasm' ? chosen : `${chosen} Its tfjs backend: ${backend.reason}`,
    },
    compute: processor,
    profile: onProcessor,
    close: () => backend.close(),
  }
}

/** Opens a backend by name; what its refusal says of software adapters is said in the words of the command line. */
async function openNamed(engine: Exclude<RunOptions['engine'], 'auto' | 'onnx'>, { openBackend, signal, allowSoftwareAdapter = false }: EngineSources): Promise<Backend> {
  try {
    return await openBackend({ engine, gradients: true, signal, allowSoftwareAdapter })
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error) || error.adapter?.software !== true) throw error
    throw new RunError(`${error.reason} Install the driver of a card, give another engine, or give ${softwareAdapterFlag} to take it all the same.`, { cause: error })
  }
}

/** A GPU, where one is found and computes what the processor does, and faster; else why not, where that is worth a sentence. */
async function tryGpu(processor: Compute | undefined, sources: EngineSources): Promise<{ readonly engine?: Engine; readonly why?: string }> {
  const { openBackend, signal, profile, say = () => {}, tryEngine: attempt = tryEngine, cardIsThere = () => checkGraphics().some(({ name, ok }) => name === 'card' && ok) } = sources
  if (profile === undefined || profile === 'smoke') return {}
  let backend: Backend
  try {
    backend = await openBackend({ engine: 'webgpu', gradients: true, signal })
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error)) throw error
    return cardIsThere() ? { why: `A card is there, but: ${error.reason} The command doctor says what to do. Without it: ` } : {}
  }
  const card = backend.adapter === undefined ? backend.engine : describeAdapter(backend.adapter)
  let why = ''
  try {
    say(`trying the GPU ${card} against the processor`)
    for (const candidate of profile === 'auto' ? (['full', 'quick'] as const) : [profile]) {
      const onGpu = await attempt(eagerCompute, imageModelSettings[candidate])
      signal.throwIfAborted()
      if (profile === 'auto' && candidate === 'full' && onGpu.seconds > fullStepSeconds) continue
      const onProcessor = processor === undefined ? undefined : await attempt(processor, imageModelSettings[candidate])
      signal.throwIfAborted()
      const [gpuTime, processorTime] = [milliseconds(onGpu.seconds), milliseconds(onProcessor?.seconds ?? Infinity)]
      if (onProcessor !== undefined && !agree(onGpu, onProcessor)) {
        why = `The GPU ${card} computed other numbers than the processor in a trial (${onGpu.numbers.join(', ')} for ${onProcessor.numbers.join(', ')}). Without it: `
        break
      }
      if (onProcessor !== undefined && onGpu.seconds >= onProcessor.seconds) {
        why = `The GPU ${card} was slower in a trial (${gpuTime} for a training step of ${candidate}, onnx ${processorTime}; --engine webgpu takes it all the same). Without it: `
        continue
      }
      const reason = `the GPU took ${gpuTime} for a training step of ${candidate} in a trial${onProcessor === undefined ? '; onnx cannot be had here' : `, onnx ${processorTime}, with the same results`}.`
      return { engine: eagerEngine({ ...backend, reason }, candidate) }
    }
  } catch (error) {
    if (signal.aborted) {
      await backend.close()
      throw error
    }
    why = `The GPU ${card} failed in a trial: ${oneLine(error)} Without it: `
  }
  await backend.close()
  return { why }
}

/** How much work suits a backend that was asked for by name, where that was left open: much only for a card whose step is fast enough. */
async function profileOf(backend: Backend, { profile = 'quick', say = () => {}, tryEngine: attempt = tryEngine }: EngineSources): Promise<Profile> {
  if (profile !== 'auto') return profile
  if (!isGpu(backend.engine) || backend.adapter?.software === true) return 'quick'
  say('trying a training step of the profile full on the GPU')
  return (await attempt(eagerCompute, imageModelSettings.full)).seconds <= fullStepSeconds ? 'full' : 'quick'
}

const milliseconds = (seconds: number) => `${Number((1000 * seconds).toPrecision(3))} ms`

const eagerEngine = (backend: Backend, profile: Profile): Engine => ({ report: reportOf(backend), compute: eagerCompute, profile, close: () => backend.close() })
