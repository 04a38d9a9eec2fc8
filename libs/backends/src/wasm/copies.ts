import {
  backend_util,
  Cast,
  Concat,
  Identity,
  Slice,
  slice_util,
  SplitV,
  util,
  type CastAttrs,
  type ConcatAttrs,
  type KernelFunc,
  type SliceAttrs,
  type SplitVAttrs,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { addressOf, heapKernels, newTensor } from './heap-kernels'
import { installTogether, overrideKernel } from '../kernel-override'

/**
 * Replaces kernels of the wasm backend that copy more than they have to. `Identity`, which keeps every tensor that a
 * gradient needs, and a `Cast` to the same type share the data, as on tfjs's other backends; `Slice` and `SplitV` along
 * one axis copy their part only, where the stock kernels copy the whole tensor once per part; `Concat` is one loop in WebAssembly.
 * Results are the same bits.
 *
 * `openBackend` installs it; it is global and counts its holders.
 *
 * @returns a function that takes this installation back; calling it again does nothing.
 * @throws {Error} if the kernels of the wasm backend are not registered.
 */
export function installWasmCopies(): () => void {
  const replacements = { [Identity]: sharedIdentity, [Cast]: sharedCast, [Slice]: partialSlice, [SplitV]: partialSplit, [Concat]: concatenation }
  return installTogether(Object.entries(replacements).map(([kernelName, replace]) => () => overrideKernel({ kernelName, backendName: 'wasm', replace })))
}

const bytesPerNumber = 4
const hasWords = ({ dtype }: TensorInfo) => dtype === 'float32' || dtype === 'int32'

function shared({ dataId, shape, dtype }: TensorInfo, backend: BackendWasm): TensorInfo {
  backend.incRef(dataId)
  return { dataId, shape, dtype }
}

const sharedIdentity = (stock: KernelFunc): KernelFunc => (call) => {
  const { x } = call.inputs as { x: TensorInfo }
  return hasWords(x) ? shared(x, call.backend as BackendWasm) : stock(call)
}

const sharedCast = (stock: KernelFunc): KernelFunc => (call) => {
  const { x } = call.inputs as { x: TensorInfo }
  const { dtype } = call.attrs as unknown as CastAttrs
  return hasWords(x) && x.dtype === dtype ? shared(x, call.backend as BackendWasm) : stock(call)
}

/** The part of a tensor from `begin` on along one axis, `size` long. */
function partAlong(x: TensorInfo, axis: number, begin: number, size: number, backend: BackendWasm): TensorInfo {
  const kernels = heapKernels(backend)
  const out = newTensor(x.shape.map((length, index) => (index === axis ? size : length)), x.dtype, backend)
  const inner = util.sizeFromShape(x.shape.slice(axis + 1)) * bytesPerNumber
  const [outer, length] = [util.sizeFromShape(x.shape.slice(0, axis)), x.shape[axis] ?? 1]
  kernels.copyRows(addressOf(x, backend) + begin * inner, addressOf(out, backend), outer, size * inner, length * inner, size * inner)
  return out
}

const partialSlice = (stock: KernelFunc): KernelFunc => (call) => {
  const { x } = call.inputs as { x: TensorInfo }
  const { begin, size } = call.attrs as unknown as SliceAttrs
  const [starts, sizes] = slice_util.parseSliceParams(x as never, begin, size)
  const partial = x.shape.flatMap((length, axis) => (sizes[axis] === length ? [] : [axis]))
  const axis = partial[0] ?? 0
  if (!hasWords(x) || partial.length > 1 || x.shape.length === 0) return stock(call)
  slice_util.assertParamsValid(x as never, starts, sizes)
  return partAlong(x, axis, starts[axis] ?? 0, sizes[axis] ?? 1, call.backend as BackendWasm)
}

const partialSplit = (stock: KernelFunc): KernelFunc => (call) => {
  const { x } = call.inputs as { x: TensorInfo }
  const { numOrSizeSplits, axis } = call.attrs as unknown as SplitVAttrs
  if (!hasWords(x)) return stock(call)
  const [along = 0] = util.parseAxisParam(axis, x.shape)
  let begin = 0
  return backend_util.prepareSplitSize(x as never, numOrSizeSplits, along).map((size) => {
    const part = partAlong(x, along, begin, size, call.backend as BackendWasm)
    begin += size
    return part
  })
}

const concatenation = (stock: KernelFunc): KernelFunc => (call) => {
  const parts = (call.inputs as unknown as TensorInfo[]).filter(({ shape }) => util.sizeFromShape(shape) > 0)
  const [first] = parts
  if (first === undefined || parts.length < 2 || !parts.every((part) => hasWords(part) && part.dtype === first.dtype)) return stock(call)
  const backend = call.backend as BackendWasm
  const [axis = 0] = util.parseAxisParam((call.attrs as unknown as ConcatAttrs).axis, first.shape)
  backend_util.assertParamsConsistent(parts.map(({ shape }) => shape), axis)
  const kernels = heapKernels(backend)
  const out = newTensor(backend_util.computeOutShape(parts.map(({ shape }) => shape), axis), first.dtype, backend)
  const outer = util.sizeFromShape(first.shape.slice(0, axis))
  const rowOf = ({ shape }: TensorInfo) => util.sizeFromShape(shape.slice(axis)) * bytesPerNumber
  let to = addressOf(out, backend)
  for (const part of parts) {
    kernels.copyRows(addressOf(part, backend), to, outer, rowOf(part), rowOf(part), rowOf(out))
    to += rowOf(part)
  }
  return out
}
