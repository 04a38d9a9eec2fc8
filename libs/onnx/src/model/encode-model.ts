import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { openLength, type OnnxAttribute, type OnnxConstant, type OnnxGraph, type OnnxNode, type OnnxType, type OnnxValue } from './onnx-graph'

/** What an ONNX file says beside its graph. */
export interface ModelHeader {
  /** Name of the graph. @defaultValue 'graph' */
  readonly name?: string
  /** The program that made it. @defaultValue '@sbgm/onnx' */
  readonly producer?: string
  /** That program's version. @defaultValue none */
  readonly producerVersion?: string
  /** What the model is and how it is used, for people. @defaultValue none */
  readonly description?: string
  /** Free text by name, such as what the model was trained on. @defaultValue none */
  readonly metadata?: Readonly<Record<string, string>>
  /** Name of an axis whose length is open ({@link openLength}). @defaultValue 'batch' */
  readonly openAxis?: string
}

/** Version of ONNX' own operators that every node here is of. */
const operatorSet = 17
const irVersion = 8

/** The numbers by which ONNX names element types (TensorProto.DataType). */
const typeCodes: Readonly<Record<OnnxType, number>> = { float32: 1, int32: 6, int64: 7, bool: 9 }
/** The numbers by which ONNX names kinds of attributes (AttributeProto.AttributeType). */
const attributeCodes = { float: 1, int: 2, string: 3, ints: 7 } as const

/**
 * A graph as the bytes of an ONNX file.
 *
 * @returns a ModelProto, IR version 8, operator set 17
 * @see The ONNX project's onnx.proto3, whose field numbers stand at the calls.
 */
export function encodeModel(graph: OnnxGraph, header: ModelHeader = {}): Uint8Array {
  const { name = 'graph', producer = '@sbgm/onnx', producerVersion, description, metadata = {}, openAxis = 'batch' } = header
  const domains = [...new Set(graph.nodes.map((node) => node.domain))].filter((domain) => domain !== '')
  const writer = new BinaryWriter()
  integer(writer, 1, irVersion)
  text(writer, 2, producer)
  if (producerVersion !== undefined) text(writer, 3, producerVersion)
  if (description !== undefined) text(writer, 6, description)
  message(writer, 7, (field) => encodeGraph(field, graph, name, openAxis))
  for (const [domain, version] of [['', operatorSet], ...domains.map((each) => [each, 1])] as [string, number][]) {
    message(writer, 8, (field) => {
      text(field, 1, domain)
      integer(field, 2, version)
    })
  }
  for (const [key, value] of Object.entries(metadata)) {
    message(writer, 14, (field) => {
      text(field, 1, key)
      text(field, 2, value)
    })
  }
  return writer.finish()
}

function encodeGraph(writer: BinaryWriter, { nodes, constants, inputs, outputs }: OnnxGraph, name: string, openAxis: string): void {
  for (const node of nodes) message(writer, 1, (field) => encodeNode(field, node))
  text(writer, 2, name)
  for (const constant of constants) message(writer, 5, (field) => encodeTensor(field, constant))
  for (const value of inputs) message(writer, 11, (field) => encodeValueInfo(field, value, openAxis))
  for (const value of outputs) message(writer, 12, (field) => encodeValueInfo(field, value, openAxis))
}

function encodeNode(writer: BinaryWriter, { operator, domain, inputs, outputs, attributes }: OnnxNode): void {
  for (const input of inputs) text(writer, 1, input)
  for (const output of outputs) text(writer, 2, output)
  text(writer, 4, operator)
  for (const [name, attribute] of Object.entries(attributes)) message(writer, 5, (field) => encodeAttribute(field, name, attribute))
  if (domain !== '') text(writer, 7, domain)
}

function encodeAttribute(writer: BinaryWriter, name: string, attribute: OnnxAttribute): void {
  text(writer, 1, name)
  if ('float' in attribute) writer.tag(2, 5).float(attribute.float)
  if ('int' in attribute) integer(writer, 3, attribute.int)
  if ('string' in attribute) text(writer, 4, attribute.string)
  if ('ints' in attribute) for (const value of attribute.ints) integer(writer, 8, value)
  const kind = (Object.keys(attributeCodes) as (keyof typeof attributeCodes)[]).find((key) => key in attribute)
  if (kind !== undefined) integer(writer, 20, attributeCodes[kind])
}

function encodeTensor(writer: BinaryWriter, { name, shape, type, data }: OnnxConstant): void {
  for (const length of shape) integer(writer, 1, length)
  integer(writer, 2, typeCodes[type])
  text(writer, 8, name)
  writer.tag(9, 2).bytes(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) // raw_data: little-endian, as every machine that runs Node
}

function encodeValueInfo(writer: BinaryWriter, { name, shape, type }: OnnxValue, openAxis: string): void {
  text(writer, 1, name)
  message(writer, 2, (typeProto) =>
    message(typeProto, 1, (tensorType) => {
      integer(tensorType, 1, typeCodes[type])
      message(tensorType, 2, (shapeProto) => {
        for (const length of shape) {
          message(shapeProto, 1, (axis) => {
            if (length === openLength) text(axis, 2, openAxis)
            else if (length >= 0) integer(axis, 1, length)
          })
        }
      })
    }),
  )
}

/* Wire types: 0 a varint, 2 a length and that many bytes, 5 four bytes. */
const integer = (writer: BinaryWriter, field: number, value: number): void => void writer.tag(field, 0).int64(value)
const text = (writer: BinaryWriter, field: number, value: string): void => void writer.tag(field, 2).string(value)

function message(writer: BinaryWriter, field: number, write: (inner: BinaryWriter) => void): void {
  writer.tag(field, 2).fork()
  write(writer)
  writer.join()
}
