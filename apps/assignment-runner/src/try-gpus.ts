import type { Compute } from './compute/compute'
import { eagerCompute } from './compute/eager-compute'
import { agree, type Trial, type tryEngine } from './engine-trial'
import { oneLine } from './errors'
import { imageModelSettings } from './images/settings'
import type { Profile, RunOptions } from './options'

/** The engines that compute networks on a GPU of WebGPU: TensorFlow.js op by op, and onnxruntime as one graph. */
export type GpuEngine = 'onnx-webgpu' | 'webgpu'

/** What {@link tryGpus} tries, and with what. */
export interface GpuTrial {
  /** The GPU, in words. */
  readonly card: string
  /** onnxruntime on that GPU; none where it has no engine for it. */
  readonly compiled: Compute | undefined
  /** onnxruntime on the processor; none where onnxruntime-node cannot be loaded. */
  readonly processor: Compute | undefined
  /** The profile of the run. */
  readonly profile: RunOptions['profile']
  /** Tries one engine. */
  readonly attempt: typeof tryEngine
  /** Gives up between two trials. */
  readonly signal: AbortSignal
}

/** Which engine on the GPU is to be taken, for which profile and why, as a sentence; or why none is, as the beginning of a sentence. */
export type GpuVerdict = { readonly engine: GpuEngine; readonly profile: Profile; readonly reason: string } | { readonly why: string }

/** Seconds of a training step of the profile `full` up to which a GPU gets that profile by itself: its 45,000 steps of parts 2 and 3 then take at most two and a half hours. */
export const fullStepSeconds = 0.2

/**
 * Tries what can compute on a GPU against the processor, in training steps of the profile's network. An engine that fails, or computes something else than the processor, is out, and
 * so are all where the processor fails; of the others the fastest is taken if it is faster than the processor. TensorFlow.js's backend on the GPU is the active one. It is tried last: onnxruntime
 * while that holds no memory yet, the processor while it cannot have lost its device, on which the trial's network is made.
 *
 * @throws the signal's reason
 */
export async function tryGpus({ card, compiled, processor, profile, attempt, signal }: GpuTrial): Promise<GpuVerdict> {
  const computes = new Map<GpuEngine, Compute>([...(compiled ? [['onnx-webgpu', compiled] as const] : []), ['webgpu', eagerCompute] as const])
  const out: string[] = []
  const drop = (engine: GpuEngine, what: string) => {
    computes.delete(engine)
    out.push(`${engine} ${what}`)
  }
  let slower = ''
  for (const candidate of profile === 'auto' ? (['full', 'quick'] as const) : [profile]) {
    const tried = async (compute: Compute, failed: (what: string) => void): Promise<Trial | undefined> => {
      const trial = await attempt(compute, imageModelSettings[candidate]).catch((error: unknown) => failed(sentence(`failed: ${oneLine(error)}`)))
      signal.throwIfAborted()
      return trial ?? undefined
    }
    const trials = new Map<GpuEngine, Trial>()
    let reference: Trial | undefined
    for (const [engine, compute] of [...computes]) {
      const trial = await tried(compute, (what) => drop(engine, what))
      if (trial === undefined || (profile === 'auto' && candidate === 'full' && trial.seconds > fullStepSeconds)) continue
      trials.set(engine, trial)
      if (processor === undefined || reference !== undefined) continue
      reference = await tried(processor, (what) => void out.push(`the processor, with which it must agree, ${what}`))
      if (reference === undefined) break
    }
    if (processor !== undefined && reference === undefined) continue
    for (const [engine, trial] of [...trials]) {
      const wrong = wrongIn(trial, reference)
      if (wrong === undefined) continue
      trials.delete(engine)
      drop(engine, wrong)
    }
    const [best] = [...trials].sort(([, a], [, b]) => a.seconds - b.seconds)
    if (best === undefined) continue
    const times = [...trials, ...(reference ? [['onnx', reference] as const] : [])].sort(([, a], [, b]) => a.seconds - b.seconds).map(([engine, { seconds }]) => `${engine} ${milliseconds(seconds)}`).join(', ')
    if (reference !== undefined && best[1].seconds >= reference.seconds) {
      slower = `The GPU ${card} was slower in a trial (a training step of ${candidate}: ${times}; --engine ${best[0]} takes it all the same). `
      continue
    }
    const results = reference === undefined ? '; onnx cannot be had here' : ', with the same results'
    return { engine: best[0], profile: candidate, reason: `the fastest in a trial of training steps of ${candidate}: ${times}${results}.${out.map((each) => ` ${each}`).join('')}` }
  }
  return { why: `${slower}${out.length === 0 ? '' : `In a trial of the GPU ${card} ${out.join(' ')} `}${slower === '' && out.length === 0 ? '' : 'Without it: '}` }
}

/** What is wrong with the numbers of a trial, as the end of a sentence: none where they are the processor's, or, where that cannot be asked, numbers at all. */
function wrongIn(trial: Trial, reference: Trial | undefined): string | undefined {
  const { numbers } = trial
  if (reference === undefined) return numbers.every(Number.isFinite) ? undefined : `computed what are no numbers (${numbers.join(', ')}).`
  return agree(trial, reference) ? undefined : `computed other numbers than the processor (${numbers.join(', ')} for ${reference.numbers.join(', ')}).`
}

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
const milliseconds = (seconds: number) => `${Number((1000 * seconds).toPrecision(3))} ms`
