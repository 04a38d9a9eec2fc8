import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { checkArrays } from './check-inputs'
import type { CompileOptions } from './engine-choice'
import { formsOf, inputValues, signatureOf } from './host-forms'
import { lowerGraph } from './lower/lower-graph'
import { encodeModel } from './model/encode-model'
import { checkDevice } from './run/device'
import type { HostTensor, HostTensors } from './run/host-tensor'
import { probeBlockedConvolution } from './run/blocked-convolution'
import { openSession, type OnnxSession } from './run/session'
import { checkThreads } from './run/threads'
import { trace } from './trace/trace'

/** The vectors that a training step carries on, each of shape (total,): weights, their average, and the optimiser's two moments. */
export type StepTensors = Readonly<Record<StepState, Tensor1D>>
/** The names of those vectors. */
export type StepState = 'parameters' | 'average' | 'first' | 'second'

/** The same vectors on the host. */
export type StepVectors = Readonly<Record<StepState, Float32Array>>

/** What a step gives. */
export interface StepResult {
  /** The vectors after it. */
  readonly tensors: StepTensors
  /** The loss before it. */
  readonly loss: Scalar
  /** The gradient's norm before clipping. */
  readonly gradientNorm: Scalar
}

/** How the vectors are laid out. */
export interface StepLayout {
  /** How many numbers each of them has. */
  readonly total: number
}

/** A training step that can be compiled: what `trainStep` of `@sbgm/training` makes is one. */
export interface TraceableStep {
  /** How the vectors are laid out. */
  readonly layout: StepLayout
  /** The step as a pure function of tensors: vectors, batch and rates in; new vectors, the loss and the gradient's norm out. */
  run(tensors: StepTensors, batch: Readonly<Record<string, Tensor>>, rates: Tensor1D): StepResult
  /** The numbers that change from step to step, such as the learning rate. */
  rates(...step: never[]): readonly number[]
}

/** One array of a batch; float64 is rounded. */
export interface StepArray {
  /** The numbers, row by row. */
  readonly data: Float32Array | Float64Array
  /** Their shape. */
  readonly shape: readonly number[]
}

/** What one step gives. */
export interface StepReport {
  /** The loss before the step. */
  readonly loss: number
  /** The gradient's norm before clipping. */
  readonly gradientNorm: number
}

/** A run of the compiled step, which keeps its vectors in onnxruntime's thread, or on its GPU. Calls are carried out in order. */
export interface CompiledRun {
  /** Makes one step; where it is rejected, with a {@link HostTensorError} for what is no array of a batch, the vectors stay as they were. The batch is borrowed until it settles. */
  run(batch: Readonly<Record<string, StepArray>>, rates: readonly number[]): Promise<StepReport>
  /** The vectors after the steps so far; copies. */
  read(): Promise<StepVectors>
  /** Frees all of it. Idempotent. */
  end(): Promise<void>
}

/** A compiled training step; `train` of `@sbgm/training` takes it as its runner. */
export interface CompiledStep<Step extends TraceableStep> {
  /** What runs it, in words. */
  readonly name: string
  /** The step that was compiled. */
  readonly step: Step
  /**
   * Begins a run with these vectors, which are copied.
   *
   * @throws RangeError for a vector of another length than the layout's
   */
  begin(vectors: StepVectors): Promise<CompiledRun>
}

/** Of how many shapes of batches a run keeps the session: a session has its own memory, as large as a step needs. */
const shapesKept = 2

const stateNames: readonly StepState[] = ['parameters', 'average', 'first', 'second']
const after = (name: StepState): string => `next/${name}`
const batchName = (name: string): string => `batch/${name}`
const [ratesName, lossName, normName] = ['rates', 'loss', 'gradient norm']

/**
 * Compiles a training step: loss, gradient, clipping, optimiser and average become one ONNX graph, whose vectors are inputs and
 * outputs that onnxruntime's thread keeps, or its GPU; only the batch goes in, only loss and gradient norm come out. It is traced for the
 * shapes of the first batch, and again where a batch has others; the two shapes that came last stay compiled, such as full batches and the rest at the end of
 * a data set. Where onnxruntime-node is missing, `eagerRunner` of `@sbgm/training` runs the same step.
 *
 * @param step - pure, as `trainStep` of `@sbgm/training` makes it
 * @param options - device and threads; `engine` is not asked, onnxruntime must be there
 * @returns a runner for `train`; what it rejects with is a TraceError for a loss that cannot be traced, an
 * OnnxRuntimeMissingError where onnxruntime-node is missing, an OnnxRuntimeError where the device cannot be opened or fails
 * @throws RangeError unless `threads` is a positive integer or left out, and for a device that there is not
 */
export function compileTrainStep<Step extends TraceableStep>(step: Step, { device = 'cpu', threads }: Pick<CompileOptions, 'device' | 'threads'> = {}): CompiledStep<Step> {
  checkThreads(threads)
  checkDevice(device)
  const form = { shape: [step.layout.total], dtype: 'float32' as const }
  const open = async (feeds: HostTensors): Promise<OnnxSession> => {
    const inputs = { ...Object.fromEntries(stateNames.map((name) => [name, form])), ...formsOf(feeds) }
    const graph = trace((given) => outputsOf(step, given), inputValues(inputs))
    const support = device === 'cpu' ? await probeBlockedConvolution() : { unavailable: 'they are the processor\'s.' }
    const model = encodeModel(lowerGraph(graph, { device, ...('block' in support && support) }))
    const state = stateNames.map((name) => ({ input: name, output: after(name) }))
    return openSession(model, { device, state, ...(threads === undefined ? {} : { threads }) })
  }
  return Object.freeze<CompiledStep<Step>>({
    name: device === 'cpu' ? `onnxruntime, ${threads ?? 'all'} threads` : 'onnxruntime on WebGPU',
    step,
    begin: async (vectors) => beginRun(open, vectors, step.layout.total),
  })
}

/** The step on traced tensors, everything by name. */
function outputsOf(step: TraceableStep, given: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const prefix = batchName('')
  const batch = Object.fromEntries(Object.entries(given).filter(([name]) => name.startsWith(prefix)).map(([name, value]) => [name.slice(prefix.length), value]))
  const tensors = Object.fromEntries(stateNames.map((name) => [name, given[name]])) as StepTensors
  const { tensors: next, loss, gradientNorm } = step.run(tensors, batch, given[ratesName] as Tensor1D)
  return { ...Object.fromEntries(stateNames.map((name) => [after(name), next[name]])), [lossName]: loss, [normName]: gradientNorm }
}

async function beginRun(open: (feeds: HostTensors) => Promise<OnnxSession>, vectors: StepVectors, total: number): Promise<CompiledRun> {
  const odd = stateNames.find((name) => vectors[name].length !== total)
  if (odd !== undefined) throw new RangeError(`Each vector must have as many numbers as the step's layout, ${total}; got ${vectors[odd].length} for ${odd}.`)
  let state: Record<string, HostTensor> = Object.fromEntries(stateNames.map((name) => [name, { data: vectors[name].slice(), shape: [total] }]))
  const kept = new Map<string, OnnxSession>() // by signature; the one that was used last stands last
  let current: { readonly signature: string, readonly session: OnnxSession } | undefined
  let pending: Promise<unknown> = Promise.resolve()
  let waiting = 0 // calls that are carried out behind others, and have not settled
  let ended = false
  const inOrder = <T>(work: () => Promise<T>): Promise<T> => {
    waiting++
    const result = pending.then(work).finally(() => waiting--)
    pending = result.catch(() => undefined)
    return result
  }
  /** The session for these shapes, the state moved into it. */
  const sessionFor = async (signature: string, feeds: HostTensors): Promise<OnnxSession> => {
    if (current?.signature === signature) return current.session
    const known = kept.get(signature)
    const session = known ?? await open(feeds)
    try {
      if (current) state = await current.session.readState()
      await session.writeState(state)
    } catch (error) {
      if (known === undefined) await session.close()
      throw error
    }
    kept.delete(signature)
    kept.set(signature, session)
    current = { signature, session }
    state = {} // it lies in the session now
    for (const [old, unused] of [...kept].slice(0, -shapesKept)) {
      kept.delete(old)
      await unused.close()
    }
    return session
  }
  const step = async (session: OnnxSession, feeds: HostTensors): Promise<StepReport> => {
    const { [lossName]: loss, [normName]: gradientNorm } = await session.run(feeds)
    return { loss: loss.data[0], gradientNorm: gradientNorm.data[0] }
  }
  const checkOpen = () => {
    if (ended) throw new Error('A compiled run must not be used after its end. Begin another.')
  }
  return {
    run(batch, rates) {
      try {
        checkOpen()
        const feeds = feedsOf(batch, rates)
        const signature = signatureOf(formsOf(feeds))
        if (waiting === 0 && current?.signature === signature) { // posted at once, so that the caller's own work runs beside it
          const result = step(current.session, feeds)
          pending = Promise.all([pending, result]).catch(() => undefined)
          return result
        }
        return inOrder(async () => {
          checkOpen()
          return step(await sessionFor(signature, feeds), feeds)
        })
      } catch (error) {
        return Promise.reject(error instanceof Error ? error : new Error(String(error)))
      }
    },
    read: () => inOrder(async () => {
      checkOpen()
      const values = current ? await current.session.readState() : state
      return Object.fromEntries(stateNames.map((name) => [name, (values[name].data as Float32Array).slice()])) as StepVectors
    }),
    end: () => inOrder(async () => {
      ended = true
      await Promise.all([...kept.values()].map((session) => session.close()))
      kept.clear()
      current = undefined
      state = {}
    }),
  }
}

/** What a step is fed. @throws HostTensorError or TypeError for what is no array of a batch, by its name. */
function feedsOf(batch: Readonly<Record<string, StepArray>>, rates: readonly number[]): Record<string, HostTensor> {
  const arrays = Object.fromEntries(Object.entries(batch as Readonly<Record<string, StepArray | undefined>>).map(([name, array]) => [name, array?.data instanceof Float64Array ? { ...array, data: Float32Array.from(array.data) } : array]))
  checkArrays(arrays as HostTensors)
  const feeds = Object.entries(arrays as HostTensors).map(([name, { data, shape }]) => [batchName(name), { data, shape: [...shape] }])
  return { [ratesName]: { data: Float32Array.from(rates), shape: [rates.length] }, ...Object.fromEntries(feeds) as HostTensors }
}
