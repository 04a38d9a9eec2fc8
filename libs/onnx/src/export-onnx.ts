import type { DataType, Tensor } from '@tensorflow/tfjs-core'
import { TraceError } from './errors'
import { bindParameters, traceForward, type Constants, type ForwardFunction } from './forward-function'
import { inputValues, type InputForms } from './host-forms'
import { lowerGraph } from './lower/lower-graph'
import { generatedName } from './lower/node-list'
import { encodeModel, type ModelHeader } from './model/encode-model'
import type { OnnxGraph } from './model/onnx-graph'
import { openBatch, type BatchAxis } from './model/open-batch'
import { wholeFileWriter } from './model/write-whole'
import type { HostTensor } from './run/host-tensor'

/** Shape and element type of an exported model's input. */
export interface OpenForm {
  /** The length of each axis; `'batch'` for one that is left open, whose length is then the same in all inputs. */
  readonly shape: readonly (number | 'batch')[]
  /** Its element type: float32, int32 or bool. @defaultValue 'float32' */
  readonly dtype?: DataType
}

/** What an exported model is like, beside what it computes. */
export interface ExportOptions {
  /** The inputs, by the names by which the function knows them. */
  readonly inputs: Readonly<Record<string, OpenForm>>
  /** A length for the axes called `'batch'`, which then are not open. @defaultValue open: the model takes any length */
  readonly batch?: number
  /** Name of the graph. @defaultValue 'graph' */
  readonly name?: string
  /** What the model is and how it is used, for people: the file's `doc_string`. @defaultValue none */
  readonly description?: string
  /** The program that made the file. @defaultValue '@sbgm/onnx' */
  readonly producer?: string
  /** That program's version. @defaultValue none */
  readonly producerVersion?: string
  /** Free text by key, such as what the model was trained on: the file's `metadata_props`. @defaultValue none */
  readonly metadata?: Readonly<Record<string, string>>
}

/**
 * Two sizes that hardly divide a length of a network, nor each other; a power of two lies between them, so that what takes a step more for
 * each doubling of the batch is not taken for the same.
 */
const batchSizes = [31, 37] as const
/** Protocol buffers hold less than that. */
const largestFile = 2 ** 31

/**
 * Writes a function of parameters and inputs as an ONNX file, for onnxruntime in any language, in a browser too: operator set 17, standard operators
 * only. The parameters are its initialisers under their own names, with the shapes that they have in TensorFlow.js (a
 * convolution's kernel is (height, width, in, out)); inputs and outputs have the names by which the function knows them.
 *
 * An open batch is found by tracing the function at two batch sizes and comparing: what it computes for a sample must not
 * depend on their number. Where it does (a constant such as 1/batch, one noise per sample that is drawn inside), the error says in which
 * node, and `batch` exports it for one size.
 *
 * The file is written beside its place and renamed, so that a file of that name is replaced whole or not at all.
 *
 * @param forward - pure, as `compile` wants it
 * @param params - tensors by name, borrowed until this resolves, or arrays of the host
 * @param path - where the file goes; its folder must exist
 * @param options - the inputs' forms, and what else stands in the file
 * @throws {@link TraceError} for what cannot be traced or exported; RangeError for an option that breaks its rule; Error where
 * this is not Node; what the file system throws.
 * @see {@link onnxModel} for the bytes alone, also where there is no file system.
 * @example
 * ```ts
 * import { exportOnnx } from '@sbgm/onnx'
 * import { add, matMul, relu, tensor, type Tensor2D } from '@tensorflow/tfjs-core'
 * import { tmpdir } from 'node:os'
 *
 * const params = { kernel: tensor([1, -1, 2, 0], [2, 2]), bias: tensor([0.5, 0.5]) }
 * await exportOnnx(
 *   ({ kernel, bias }, { x }) => ({ y: relu(add(matMul(x as Tensor2D, kernel as Tensor2D), bias)) }),
 *   params,
 *   `${tmpdir()}/layer.onnx`,
 *   { inputs: { x: { shape: ['batch', 2] } } },
 * )
 * ```
 */
export async function exportOnnx(
  forward: ForwardFunction, params: Readonly<Record<string, Tensor | HostTensor>>, path: string | URL, options: ExportOptions,
): Promise<void> {
  const write = wholeFileWriter()
  await write(path, await onnxModel(forward, params, options))
}

/**
 * The bytes of the file that {@link exportOnnx} writes.
 *
 * @param forward - pure, as `compile` wants it
 * @param params - tensors by name, borrowed until this resolves, or arrays of the host
 * @param options - the inputs' forms, and what else stands in the file
 * @returns an ONNX ModelProto; the caller's
 * @throws {@link TraceError} for what cannot be traced or exported; RangeError for an option that breaks its rule.
 */
export async function onnxModel(
  forward: ForwardFunction, params: Readonly<Record<string, Tensor | HostTensor>>, { inputs, batch, ...header }: ExportOptions,
): Promise<Uint8Array> {
  checkOptions(inputs, batch)
  const constants = await bindParameters(params)
  const axis = batchAxisOf(inputs)
  const at = (size: number) => graphAt(forward, constants, inputs, size)
  const [small, large] = batchSizes
  const graph = batch === undefined && axis !== undefined
    ? openBatch({ batch: small, graph: at(small) }, { batch: large, graph: at(large) }, axis)
    : at(batch ?? 1)
  checkNames(graph, Object.keys(params))
  return encoded(graph, header)
}

function encoded(graph: OnnxGraph, header: ModelHeader): Uint8Array {
  const size = graph.constants.reduce((sum, { data }) => sum + data.byteLength, 0)
  if (size >= largestFile) throw new RangeError(`An ONNX file must be smaller than 2 GiB; got constants of ${size} bytes. Export a smaller network, or parts of it.`)
  return encodeModel(graph, header)
}

/** The function for one batch size, as a graph. */
function graphAt(forward: ForwardFunction, constants: Constants, inputs: ExportOptions['inputs'], size: number): OnnxGraph {
  const forms: InputForms = Object.fromEntries(Object.entries(inputs).map(([name, { shape, dtype = 'float32' }]) =>
    [name, { dtype, shape: shape.map((length) => (length === 'batch' ? size : length)) }]))
  return lowerGraph(traceForward(forward, constants, inputValues(forms)))
}

function batchAxisOf(inputs: ExportOptions['inputs']): BatchAxis | undefined {
  for (const [input, { shape }] of Object.entries(inputs)) {
    const axis = shape.indexOf('batch')
    if (axis >= 0) return { input, axis }
  }
  return undefined
}

const isLength = (length: unknown): boolean => Number.isInteger(length) && Number(length) >= 1

function checkOptions(inputs: ExportOptions['inputs'], batch: number | undefined): void {
  if (batch !== undefined && !isLength(batch)) throw new RangeError(`batch must be a positive integer; got ${batch}. Leave it out for any length.`)
  if (typeof inputs !== 'object') throw new RangeError(`inputs must be the forms of the function's inputs by name; got ${String(inputs)}. Write { inputs: { x: { shape: ['batch', …] } } }.`)
  for (const [name, { shape }] of Object.entries(inputs)) {
    if (!Array.isArray(shape)) throw new RangeError(`The shape of the input ${name} must be positive integers or 'batch'; got ${String(shape)}. Write { ${name}: { shape: […] } }.`)
    const odd = shape.find((length) => length !== 'batch' && !isLength(length))
    if (odd !== undefined) throw new RangeError(`The shape of the input ${name} must be positive integers or 'batch'; got ${odd}. Write [${shape.map((length) => (length === odd ? `'batch'` : length)).join(', ')}] for a length that is open.`)
  }
}

/** In an ONNX graph every value has a name of its own. */
function checkNames({ inputs, outputs }: OnnxGraph, params: readonly string[]): void {
  const seen = new Map<string, string>()
  const kinds = { input: inputs.map(({ name }) => name), output: outputs.map(({ name }) => name), parameter: params }
  for (const [kind, names] of Object.entries(kinds)) {
    for (const name of names) {
      const other = seen.get(name)
      if (other !== undefined) throw new TraceError(`Inputs, outputs and parameters of an exported function must have different names; got ${name} as ${other} and as ${kind}. Rename one.`)
      if (name === '' || generatedName.test(name)) throw new TraceError(`A name in an exported function must not be empty or like those that are given to nodes; got the ${kind} '${name}'. Rename it.`)
      seen.set(name, kind)
    }
  }
}
