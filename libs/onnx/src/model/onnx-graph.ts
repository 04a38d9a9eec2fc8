import type { HostNumbers, ValueType } from '../trace/graph'

/** Element types of an ONNX value: those that are traced, and the 64-bit integers in which ONNX wants shapes and axes. */
export type OnnxType = ValueType | 'int64'

/** The length of the axis that is left open, the batch: the same wherever it stands. */
export const openLength = -1
/** The length of an axis that follows from the open one in some other way, such as twice it. */
export const unknownLength = -2

/** One value of an ONNX graph, in the axes in which it lies in memory. */
export interface OnnxValue {
  /** Unique within its graph. */
  readonly name: string
  /** Its shape; {@link openLength} or {@link unknownLength} where an axis is only known when the model runs. */
  readonly shape: readonly number[]
  /** Its element type. */
  readonly type: OnnxType
}

/** An attribute of a node; a list of integers or of floats is told by its tag. */
export type OnnxAttribute =
  | { readonly int: number }
  | { readonly float: number }
  | { readonly ints: readonly number[] }
  | { readonly string: string }

/** One node. */
export interface OnnxNode {
  /** Name of the operator. */
  readonly operator: string
  /** '' for ONNX's own operators, else the operator set such as `com.microsoft.nchwc`. */
  readonly domain: string
  /** Names of its inputs; '' for an optional one that is left out. */
  readonly inputs: readonly string[]
  /** Names of its outputs. */
  readonly outputs: readonly string[]
  /** Its attributes by name. */
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** A constant of a graph. */
export interface OnnxConstant extends OnnxValue {
  /** Its numbers, row by row; 64-bit integers are given as bigint. */
  readonly data: HostNumbers | BigInt64Array
}

/** A whole graph, its nodes in an order in which they can run. */
export interface OnnxGraph {
  /** What it is fed. */
  readonly inputs: readonly OnnxValue[]
  /** What it gives. */
  readonly outputs: readonly OnnxValue[]
  /** Its constants. */
  readonly constants: readonly OnnxConstant[]
  /** Its nodes. */
  readonly nodes: readonly OnnxNode[]
}
