import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'

/**
 * The shape for which XNNPACK packed each right operand. The wasm backend keeps packed operands by data id alone, so a
 * tensor and its reshape share one packing and the second product comes out wrong (tfjs 4.22). It lives as long as the data ids do.
 */
const packedShapes = new WeakMap<object, string>()

/** Whether XNNPACK has packed this right operand before, so that a product with it is cheap. */
export const isPacked = ({ dataId }: TensorInfo): boolean => packedShapes.has(dataId)

/**
 * Calls `multiply` with a right operand that XNNPACK has packed for this shape or not at all: `right` itself where that
 * holds, which keeps its packing for the next product, else a view with a data id of its own.
 *
 * @param right shape (…, k, n) with one matrix, float32; borrowed.
 */
export function withPackableOperand<Result>(
  right: TensorInfo,
  backend: BackendWasm,
  multiply: (packable: TensorInfo) => Result,
): Result {
  const shape = right.shape.slice(-2).join('×')
  const packed = packedShapes.get(right.dataId)
  if (packed === undefined) packedShapes.set(right.dataId, shape)
  if (packed === undefined || packed === shape) return multiply(right)
  const view = tensorView({ of: right, firstElement: 0, shape: right.shape }, backend)
  try {
    return multiply(view)
  } finally {
    releaseView(view, backend)
  }
}

/** Part of a tensor's memory, seen as a tensor. */
export interface ViewOptions {
  /** The tensor whose memory is looked at; it must outlive the view. */
  readonly of: TensorInfo
  /** Index of the view's first element in the flat tensor. */
  readonly firstElement: number
  /** Shape of the view. */
  readonly shape: number[]
}

/** A float32 tensor on the memory of another one, with a data id of its own; end it with {@link releaseView}. */
export function tensorView({ of, firstElement, shape }: ViewOptions, backend: BackendWasm): TensorInfo {
  return backend.makeOutput(shape, 'float32', backend.getMemoryOffset(of.dataId) + 4 * firstElement)
}

/** Forgets a view and what XNNPACK packed for it, and leaves the memory to its owner: the address 0 is freed, which does nothing. */
export function releaseView(view: TensorInfo, backend: BackendWasm): void {
  backend.dataIdMap.get(view.dataId).memoryOffset = 0
  backend.disposeData(view.dataId)
}
