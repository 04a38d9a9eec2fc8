import { clone, dispose, tensor, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core'
import { checkArrays, checkForms, checkTensors } from './check-inputs'
import { chooseEngine, type CompileOptions, type EngineKind } from './engine-choice'
import { renamed, traceForward, type Constants, type ForwardFunction } from './forward-function'
import { formsOf, inputValues, readTensors, signatureOf, type InputForms } from './host-forms'
import { lowerGraph } from './lower/lower-graph'
import { encodeModel } from './model/encode-model'
import { elementTypeOf, type HostTensor, type HostTensors } from './run/host-tensor'
import { openSession, type OnnxSession } from './run/session'
import type { Graph } from './trace/graph'
import type { TracedFunction } from './trace/trace'
import { valueType } from './trace/trace-backend'

/** A function that was compiled, or that is run eagerly where it cannot be. */
export interface Compiled {
  /** What runs it. */
  readonly engine: EngineKind
  /** Why that, as a sentence. */
  readonly reason: string
  /**
   * The function on tensors. Shapes that it has not met yet are traced first, some tenths of a second.
   *
   * @param inputs - by the names that the function knows; borrowed
   * @returns its outputs by name, on the active backend; owned by the caller
   * @throws TraceError where the function cannot be traced; {@link HostTensorError} for an input that is no tensor, or was disposed
   */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>
  /**
   * The function on arrays of the host, without a tensor on the way.
   *
   * @param inputs - by the names that the function knows; copied
   * @returns its outputs by name; the caller's
   * @throws TraceError where the function cannot be traced; {@link HostTensorError} for an array that is none, or has not as many numbers as its shape says;
   * TypeError for one of another element type
   */
  runArrays(inputs: HostTensors): Promise<Record<string, HostTensor>>
  /** Waits for what runs and frees all that was made; what is asked later rejects. Idempotent. */
  close(): Promise<void>
}

/**
 * Compiles a pure function of tensors, gradients inside it included: it is run once on symbols, and what it computes becomes one
 * ONNX graph, which onnxruntime runs in a thread of its own, on all cores or on a GPU.
 *
 * The function must be synchronous, compute with its inputs and with constants of its own only, draw no random numbers and read
 * no tensor's data; what is known on the host (a step's number, a learning rate, noise, dropout masks) is handed in as an input.
 *
 * @param fn - tensors by name → tensors by name
 * @param examples - inputs, or their forms, for which it is traced before this resolves, or, eagerly, run once on zeros, so that shapes that do
 * not go together are found on either engine; other shapes are traced when they come. Without any, the first call traces. @defaultValue none
 * @param options - engine, device and threads
 * @returns the compiled function; close it at the end
 * @throws {@link TraceError} naming what cannot be traced; {@link OnnxRuntimeMissingError} where onnxruntime was asked for by name and
 * cannot be loaded; {@link OnnxRuntimeError} where it cannot open the device that was asked for; RangeError for an engine or a device that there is not, unless `threads` is a positive integer or left out, and for an example with a length that is none.
 * @example
 * ```ts
 * import { compile } from '@sbgm/onnx'
 * import { grad, mul, square, sum, tensor1d } from '@tensorflow/tfjs-core'
 *
 * const gradient = grad((x) => sum(mul(square(x), x)))
 * const compiled = await compile(({ x }) => ({ dx: gradient(x) }), { x: { shape: [3], dtype: 'float32' } })
 * const { dx } = await compiled.run({ x: tensor1d([1, 2, 3]) })
 * console.log(await dx.array()) // [ 3, 12, 27 ]
 * await compiled.close()
 * ```
 */
export async function compile(fn: TracedFunction, examples?: InputForms, options: CompileOptions = {}): Promise<Compiled> {
  return compileWithConstants((_, inputs) => fn(inputs), {}, examples, options)
}

/** {@link compile} for a function whose parameters, if any, are bound to constants; run eagerly, it has none. */
export async function compileWithConstants(
  fn: ForwardFunction, constants: Constants, examples: InputForms | undefined, options: CompileOptions,
): Promise<Compiled> {
  const { engine, reason } = await chooseEngine(options)
  if (examples) checkForms(examples)
  const sessions = new Map<string, Promise<OnnxSession>>()
  let closed = false
  const checkOpen = () => {
    if (closed) throw new Error('A compiled function must not be used after its close. Compile it again.')
  }
  const sessionFor = (forms: InputForms): Promise<OnnxSession> => {
    const signature = signatureOf(forms)
    const known = sessions.get(signature)
    if (known) return known
    const opening = openTraced(traceForward(fn, constants, inputValues(forms)), options)
    sessions.set(signature, opening)
    opening.catch(() => sessions.delete(signature))
    return opening
  }
  const runArrays = async (inputs: HostTensors): Promise<Record<string, HostTensor>> => {
    const own = copied(inputs) // now: the caller may change its arrays while a session opens
    const session = await sessionFor(formsOf(own))
    const feeds = renamed(own, (name) => inputPrefix + name)
    return renamed(await session.run(feeds, { transfer: Object.keys(feeds) }), (name) => name.slice(outputPrefix.length))
  }
  if (examples) await (engine === 'onnxruntime' ? sessionFor(examples) : tryEagerly(fn, examples))
  const eager = engine === 'eager'
  const onArrays = eager ? (inputs: HostTensors) => runEagerlyOnArrays(fn, inputs) : runArrays
  const onTensors = eager ? (inputs: Tensors) => runEagerly(fn, inputs) : async (inputs: Tensors) => tensorsOf(await runArrays(await readTensors(inputs)))
  return Object.freeze<Compiled>({
    engine,
    reason,
    async run(inputs) {
      checkOpen()
      checkTensors(inputs)
      return onTensors(inputs)
    },
    async runArrays(inputs) {
      checkOpen()
      checkArrays(inputs)
      return onArrays(inputs)
    },
    async close() {
      closed = true
      await Promise.all([...sessions.values()].map(async (opening) => (await opening.catch(() => undefined))?.close()))
      sessions.clear()
    },
  })
}

type Tensors = Readonly<Record<string, Tensor>>

/** In a graph every value has a name of its own, and none is empty; those of a function need not be so. */
const [inputPrefix, outputPrefix] = ['input/', 'output/']

/** A session of a traced function. */
async function openTraced({ inputs, outputs }: Graph, { device = 'cpu', threads }: CompileOptions): Promise<OnnxSession> {
  const graph = { inputs: renamed(inputs, (name) => inputPrefix + name), outputs: renamed(outputs, (name) => outputPrefix + name) }
  return openSession(encodeModel(lowerGraph(graph, { device })), { device, ...(threads === undefined ? {} : { threads }) })
}

const copied = (arrays: HostTensors): HostTensors =>
  Object.fromEntries(Object.entries(arrays).map(([name, { data, shape }]) => [name, { data: data.slice(), shape: [...shape] }]))

/** Its outputs are the caller's, so one that is an input or a parameter is given as a tensor of its own. */
const runEagerly = (fn: ForwardFunction, inputs: Tensors): Record<string, Tensor> =>
  tidy(() => Object.fromEntries(Object.entries(fn({}, { ...inputs })).map(([name, value]) => [name, clone(value)])))

/** Runs the function on zeros, for what it throws. */
function tryEagerly(fn: ForwardFunction, forms: InputForms): void {
  const inputs = Object.entries(forms).map(([name, { shape, dtype }]) => ({ name, shape: [...shape], type: valueType(dtype) }))
  tidy(() => void runEagerly(fn, Object.fromEntries(inputs.map(({ name, shape, type }) => [name, zeros(shape, type)]))))
}

async function runEagerlyOnArrays(fn: ForwardFunction, inputs: HostTensors): Promise<Record<string, HostTensor>> {
  const outputs = tidy(() => runEagerly(fn, tensorsOf(inputs)))
  try {
    return await readTensors(outputs)
  } finally {
    dispose(outputs)
  }
}

/** Arrays as tensors of the active backend, owned by the caller. */
const tensorsOf = (arrays: HostTensors): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, tensor(array.data, [...array.shape], elementTypeOf(array))]))
