import type { Lower } from '../lower/lowering'
import type { Value, ValueForm } from '../trace/graph'

/** The attributes of a call, as TensorFlow.js hands them over. */
export type Attributes = Readonly<Record<string, unknown>>

/** What every kernel of TensorFlow.js has. */
interface KernelSignature {
  /** TensorFlow.js' name of it. */
  readonly name: string
  /** The names of its tensors in order; 'list' for kernels of any number of tensors. A name with ? may be left out. */
  readonly inputs: readonly string[] | 'list'
  /** Whether it gives a list of tensors, also where that has only one. @defaultValue false */
  readonly givesList?: boolean
}

/** A kernel that is recorded as it is called, and written in ONNX later. */
export interface PrimitiveKernel extends KernelSignature {
  /**
   * Elementwise kernels are computed on what their operands are broadcast views of, and give such a view: a broadcast is
   * thus put off as long as possible, mostly for ever.
   *
   * @defaultValue false
   */
  readonly elementwise?: boolean
  /** Shapes and types of what it gives. */
  readonly forms: (inputs: readonly Value[], attributes: Attributes) => readonly ValueForm[]
  /**
   * A value that is there already and is what the call would give, such as x for x · 1.
   *
   * @defaultValue none is looked for
   */
  readonly shortcut?: (inputs: readonly Value[], attributes: Attributes, form: ValueForm) => Value | undefined
  /** Its nodes. */
  readonly lower: Lower
}

/** Records a call of another kernel and gives what it gives. */
export type Call = (kernel: string, inputs: readonly (Value | undefined)[], attributes?: Attributes) => Value[]

/** A kernel that is recorded as calls of others, or as a constant. */
export interface ComposedKernel extends KernelSignature {
  /** What it gives, made by calls of other kernels. Tensors that were left out are undefined. */
  readonly compose: (inputs: readonly (Value | undefined)[], attributes: Attributes, call: Call) => readonly Value[]
}

/** One kernel of TensorFlow.js: what it gives, and how it is written in ONNX or in terms of other kernels. */
export type Kernel = PrimitiveKernel | ComposedKernel

/** An attribute of a known type. */
export const attribute = <T>(attributes: Attributes, name: string): T => attributes[name] as T
