import {
  engine, findBackendFactory, getGradient, registerBackend, registerKernel, Tensor, type KernelFunc, type NamedTensorInfoMap, type TensorInfo,
} from '@tensorflow/tfjs-core'
import { TraceError } from '../errors'
import type { Attributes, Call, Kernel, PrimitiveKernel } from '../kernels/kernel'
import { kernelNamed, kernels, unsupported } from '../kernels/table'
import { broadcastValue, operationValue, operationValues, sameShape, unexpanded, type Graph, type Value } from './graph'
import { raiseGuards } from './guards'
import { describeTensor, tensorInfoOf, TraceBackend, valueOf } from './trace-backend'

/** The name under which TensorFlow.js knows the backend: another copy of this library in the process, an older one, has its own. */
let backendName = 'sbgm-trace'

/** A function as it is traced: tensors by name in, tensors by name out, at once. */
export type TracedFunction = (inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>

/**
 * Runs a function once on symbols and records what it computes. TensorFlow.js is left as it was, also where the function throws.
 *
 * @param fn - pure and synchronous; gradients inside it are recorded like everything else
 * @param inputs - the values it is handed, by name; inputs and constants
 * @returns the values it returned, and the inputs
 * @throws TraceError where the function cannot be recorded
 */
export function trace(fn: TracedFunction, inputs: Readonly<Record<string, Value>>): Graph {
  install()
  const tfjs = engine()
  const previous = tfjs.backendName as string | undefined
  const guards = raiseGuards()
  try {
    void tfjs.setBackend(backendName) // a synchronous factory: done when it returns
    const backend = tfjs.backend as TraceBackend
    backend.beginTrace()
    let outputs: Record<string, Value> = {}
    tfjs.tidy(() => {
      const tensors = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensorOf(value)]))
      outputs = tracedOutputs(fn(tensors))
    })
    backend.checkReads()
    guards.checkVariables()
    return { inputs: Object.fromEntries(Object.entries(inputs).filter(([, { origin }]) => origin.kind === 'input')), outputs }
  } catch (error) {
    throw explained(error)
  } finally {
    guards.lower()
    if (previous) void tfjs.setBackend(previous)
    else Object.assign(tfjs, { backendName: undefined, backendInstance: null }) // none was chosen yet: TensorFlow.js chooses when it first computes
  }
}

/** The values of what a function returned; anything but tensors by name is refused. */
function tracedOutputs(given: unknown): Record<string, Value> {
  if (given instanceof Promise) {
    given.catch(() => undefined) // it may be rejected yet, and nobody else waits for it
    throw new TraceError('A traced function must return its tensors at once; got a promise. Make it synchronous: without async and await.')
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given) || given instanceof Tensor) {
    const what = given instanceof Tensor ? 'a single tensor' : Array.isArray(given) ? 'a list' : String(given)
    throw new TraceError(`A traced function must return its tensors by name; got ${what}. Return an object, such as { y }.`)
  }
  const outputs = Object.entries(given)
  if (outputs.length === 0) throw new TraceError('A traced function must return at least one tensor; got an object without any. Return what is to be computed, such as { y }.')
  return Object.fromEntries(outputs.map(([name, tensor]) => [name, tracedValue(tensor, `the output ${name}`)]))
}

/** The value of a traced tensor; anything else is refused. */
function tracedValue(tensor: unknown, what: string): Value {
  if (!isTensor(tensor)) throw new TraceError(`A traced function must return tensors; got ${String(tensor)} as ${what}. Make a tensor of it, such as scalar(…), or leave it out.`)
  const value = valueOf(tensor)
  if (value !== undefined) return value
  throw new TraceError(
    `A traced function must compute with its inputs and with constants of its own; got ${what}, a tensor from outside (${describeTensor(tensor)}). ` +
      'Hand it in by name, as an input or, where it never changes, as a parameter.',
  )
}

const isTensor = (given: unknown): given is TensorInfo => typeof given === 'object' && given !== null && 'dataId' in given

function tensorOf(value: Value): Tensor {
  return engine().makeTensorFromTensorInfo(tensorInfoOf(value))
}

let installed = false

/** Registers the trace backend and its kernels, once. Nothing runs on it but in {@link trace}. */
function install(): void {
  if (installed) return
  installed = true
  for (let copy = 2; findBackendFactory(backendName); copy++) backendName = `sbgm-trace-${copy}`
  registerBackend(backendName, () => new TraceBackend(), 0)
  for (const kernel of kernels) {
    registerKernel({ kernelName: kernel.name, backendName, kernelFunc: recorder(kernel) })
  }
}

/** What TensorFlow.js calls in the kernel's place. */
const recorder = (kernel: Kernel): KernelFunc => ({ inputs, attrs }) => {
  const values = record(kernel, operandsOf(kernel, inputs), (attrs ?? {}) as Attributes).map(tensorInfoOf)
  return kernel.givesList ? values : values[0]
}

function operandsOf({ name, inputs: names }: Kernel, inputs: NamedTensorInfoMap): (Value | undefined)[] {
  const tensors = names === 'list' ? Object.values(inputs) : names.map((each) => inputs[each.replace('?', '')])
  return tensors.map((tensor, i) => {
    if (tensor === undefined || tensor === null) return undefined
    return tracedValue(tensor, `operand ${names === 'list' ? i + 1 : names[i]} of ${name}`)
  })
}

/** The values of a call. */
function record(kernel: Kernel, operands: readonly (Value | undefined)[], attributes: Attributes): readonly Value[] {
  if ('compose' in kernel) return kernel.compose(operands, attributes, call)
  const given = operands.filter((operand) => operand !== undefined)
  if (kernel.elementwise) return [elementwise(kernel, given, attributes)]
  const forms = kernel.forms(given, attributes)
  const same = kernel.shortcut?.(given, attributes, forms[0])
  return same === undefined ? operationValues(kernel.name, operands, attributes, forms) : [same]
}

const call: Call = (name, operands, attributes = {}) => [...record(kernelNamed(name), operands, attributes)]

/** An elementwise call is made on what its operands repeat, and its result repeated in turn. */
function elementwise(kernel: PrimitiveKernel, operands: readonly Value[], attributes: Attributes): Value {
  const [form] = kernel.forms(operands, attributes)
  const sources = operands.map(unexpanded)
  const [core] = kernel.forms(sources, attributes)
  const value = kernel.shortcut?.(sources, attributes, core) ?? operationValue(kernel.name, sources, attributes, core)
  return sameShape(core.shape, form.shape) ? value : broadcastValue(value, form.shape)
}

/** TensorFlow.js' own complaints in words that help here. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof TraceError) return error
  const unknown = /registered kernel '(\w+)'|Kernel '(\w+)' not registered/.exec(error.message)
  if (unknown) return new TraceError(unsupported(unknown[1] ?? unknown[2]), { cause: error })
  const [, underived] = /gradient function not found for (\w+)/.exec(error.message) ?? []
  return underived === undefined ? error : new TraceError(noGradient(underived), { cause: error })
}

function noGradient(kernel: string): string {
  if (getGradient('Identity') === undefined) {
    return `Gradients must be registered before one is traced; TensorFlow.js has none of any kernel. Import '@tensorflow/tfjs-layers' (or '@tensorflow/tfjs'), which registers them.`
  }
  const second = /Grad$|Backprop/.test(kernel) ? ', which is itself a gradient: this would be a second derivative' : ''
  return `A gradient must go through kernels that have one; TensorFlow.js has none of ${kernel}${second}. Write that step with other ops, or give it a gradient with customGrad.`
}
