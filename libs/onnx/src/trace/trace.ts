import type { Tensor} from '@tensorflow/tfjs-core';
import {
  engine, getKernel, registerBackend, registerKernel, type KernelFunc, type NamedTensorInfoMap, type TensorInfo,
} from '@tensorflow/tfjs-core'
import { TraceError } from '../errors'
import type { Attributes, Call, Kernel, PrimitiveKernel } from '../kernels/kernel'
import { kernelNamed, kernels, unsupported } from '../kernels/table'
import { broadcastValue, operationValue, operationValues, sameShape, unexpanded, type Graph, type Value } from './graph'
import { describeTensor, tensorInfoOf, TraceBackend, valueOf } from './trace-backend'

const backendName = 'sbgm-trace'

/** A function as it is traced: tensors by name in, tensors by name out, at once. */
export type TracedFunction = (inputs: Record<string, Tensor>) => Readonly<Record<string, Tensor>>

/**
 * Runs a function once on symbols and records what it computes.
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
  const random = Math.random
  try {
    void tfjs.setBackend(backendName) // a synchronous factory: done when it returns
    Math.random = refuseRandom
    let outputs: Record<string, Value> = {}
    tfjs.tidy(() => {
      const tensors = Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name, tensorOf(value)]))
      const given = fn(tensors)
      if (given instanceof Promise) throw new TraceError('A traced function must return its tensors at once; got a promise. Make it synchronous: without async and await.')
      outputs = Object.fromEntries(Object.entries(given).map(([name, tensor]) => [name, tracedValue(tensor, `the output ${name}`)]))
    })
    return { inputs: Object.fromEntries(Object.entries(inputs).filter(([, { origin }]) => origin.kind === 'input')), outputs }
  } catch (error) {
    throw explained(error)
  } finally {
    Math.random = random
    if (previous) void tfjs.setBackend(previous)
    else Object.assign(tfjs, { backendName: undefined, backendInstance: null }) // none was chosen yet: TensorFlow.js chooses when it first computes
  }
}

/** The value of a traced tensor; anything else is refused. */
function tracedValue(tensor: TensorInfo, what: string): Value {
  if (!(typeof tensor === 'object' && tensor !== null && 'dataId' in tensor)) throw new TraceError(`A traced function must return tensors; got ${String(tensor)} as ${what}.`)
  const value = valueOf(tensor)
  if (value !== undefined) return value
  throw new TraceError(
    `A traced function must compute with its inputs and with constants of its own; got ${what}, a tensor from outside (${describeTensor(tensor)}). ` +
      'Hand it in by name, as an input or, where it never changes, as a parameter.',
  )
}

function tensorOf(value: Value): Tensor {
  return engine().makeTensorFromTensorInfo(tensorInfoOf(value))
}

function refuseRandom(): number {
  throw new TraceError(
    'A traced function must not draw random numbers (randomNormal, dropout, Math.random): they would be drawn once and be constants from then on. ' +
      'Draw them outside, with a seed and a counter, and hand them in as an input.',
  )
}

let installed = false

/** Registers the trace backend and its kernels, once. Nothing runs on it but in {@link trace}. */
function install(): void {
  if (installed) return
  installed = true
  registerBackend(backendName, () => new TraceBackend(), 0)
  for (const kernel of kernels) {
    if (!getKernel(kernel.name, backendName)) registerKernel({ kernelName: kernel.name, backendName, kernelFunc: recorder(kernel) })
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
  const missing = /registered kernel '(\w+)'|Kernel '(\w+)' not registered/.exec(error.message)
  if (missing) return new TraceError(unsupported(missing[1] ?? missing[2]), { cause: error })
  return error
}
