import { spawnSync } from 'node:child_process'

/** What Python's onnx package reads in a model. */
export interface ModelAsRead {
  readonly irVersion: number
  readonly operatorSets: Readonly<Record<string, number>>
  readonly producer: readonly [name: string, version: string]
  readonly description: string
  readonly graph: string
  readonly metadata: Readonly<Record<string, string>>
  readonly inputs: Readonly<Record<string, readonly [type: string, shape: readonly (number | string | null)[]]>>
  readonly outputs: Readonly<Record<string, readonly [type: string, shape: readonly (number | string | null)[]]>>
  /** Type, shape and the first eight numbers. */
  readonly initializers: Readonly<Record<string, readonly [type: string, shape: readonly number[], numbers: readonly (number | boolean)[]]>>
  readonly nodes: readonly (readonly [operator: string, domain: string])[]
}

const reader = `
import json, sys
try:
  import onnx
  from onnx import numpy_helper
except ImportError:
  sys.exit(77)
model = onnx.load_model_from_string(sys.stdin.buffer.read())
onnx.checker.check_model(model, full_check=True)
typeName = lambda code: onnx.TensorProto.DataType.Name(code)
length = lambda dim: getattr(dim, dim.WhichOneof('value')) if dim.WhichOneof('value') else None
form = lambda value: [typeName(value.type.tensor_type.elem_type), [length(dim) for dim in value.type.tensor_type.shape.dim]]
print(json.dumps({
  'irVersion': model.ir_version,
  'operatorSets': {each.domain: each.version for each in model.opset_import},
  'producer': [model.producer_name, model.producer_version],
  'description': model.doc_string,
  'graph': model.graph.name,
  'metadata': {each.key: each.value for each in model.metadata_props},
  'inputs': {value.name: form(value) for value in model.graph.input},
  'outputs': {value.name: form(value) for value in model.graph.output},
  'initializers': {each.name: [typeName(each.data_type), list(each.dims), numpy_helper.to_array(each).flatten()[:8].tolist()] for each in model.graph.initializer},
  'nodes': [[node.op_type, node.domain] for node in model.graph.node],
}))
`

const runner = `
import json, sys
try:
  import numpy, onnxruntime
except ImportError:
  sys.exit(77)
given = json.load(sys.stdin)
session = onnxruntime.InferenceSession(bytes.fromhex(given['model']), providers=['CPUExecutionProvider'])
names = [each.name for each in session.get_outputs()]
runs = [session.run(names, {name: numpy.array(data, numpy.float32).reshape(shape) for name, (data, shape) in feeds.items()}) for feeds in given['feeds']]
print(json.dumps([{name: [value.flatten().tolist(), list(value.shape)] for name, value in zip(names, results)} for results in runs]))
`

/**
 * A model as Python's onnx package reads it, after its checker took it with every shape inferred (full_check); undefined where no
 * Python has that package.
 *
 * @throws Error with the checker's words for a model that it refuses.
 */
export function readByPython(model: Uint8Array): ModelAsRead | undefined {
  return runPython(reader, model) as ModelAsRead | undefined
}

/** Float32 arrays by name. */
type Arrays = Readonly<Record<string, { readonly data: ArrayLike<number>, readonly shape: readonly number[] }>>

/** What a model gives in Python's onnxruntime, one run for each of the feeds; undefined where no Python has that package. */
export function runByPython(model: Uint8Array, feeds: readonly Arrays[]): Record<string, { data: Float32Array, shape: number[] }>[] | undefined {
  const plain = feeds.map((each) => Object.fromEntries(Object.entries(each).map(([name, { data, shape }]) => [name, [Array.from(data), shape]])))
  const runs = runPython(runner, JSON.stringify({ model: Buffer.from(model).toString('hex'), feeds: plain })) as Record<string, [number[], number[]]>[] | undefined
  return runs?.map((results) => Object.fromEntries(Object.entries(results).map(([name, [data, shape]]) => [name, { data: Float32Array.from(data), shape }])))
}

/** What a Python program prints, as JSON. Python is looked for as PYTHON, python3, and the system's own python3, which a version manager may hide. */
function runPython(script: string, input: string | Uint8Array): unknown {
  const candidates = process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', '/usr/bin/python3']
  for (const python of candidates) {
    const { status, stdout, stderr, error } = spawnSync(python, ['-c', script], { input, encoding: 'utf8', maxBuffer: 1 << 28 })
    if (status === 0) return JSON.parse(stdout)
    if (!error && status !== 77) throw new Error(stderr)
  }
  return undefined
}
