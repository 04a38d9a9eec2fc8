import { UnsortedSegmentSum, util, type KernelFunc, type TensorInfo, type UnsortedSegmentSumAttrs } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { newTensor } from './heap-kernels'
import { provideKernel } from '../kernel-override'

/**
 * Gives the wasm backend `UnsortedSegmentSum`, which it lacks: out[s] = Σ x[i] over the rows i with segment id s. It is the
 * gradient of `gather`. Ids outside 0 … numSegments − 1 are left out, as on the cpu backend.
 *
 * `openBackend` installs it; it is global and counts its holders.
 *
 * @returns a function that takes this installation back; calling it again does nothing.
 */
export function installWasmSegmentSum(): () => void {
  return provideKernel({ kernelName: UnsortedSegmentSum, backendName: 'wasm', kernelFunc: segmentSum })
}

const segmentSum: KernelFunc = ({ inputs, attrs, backend: anyBackend }) => {
  const backend = anyBackend as BackendWasm
  const { x, segmentIds } = inputs as { x: TensorInfo; segmentIds: TensorInfo }
  const { numSegments } = attrs as unknown as UnsortedSegmentSumAttrs
  if (segmentIds.shape.length !== 1 || segmentIds.shape[0] !== x.shape[0]) {
    throw new Error(
      `segmentIds must have shape [${x.shape[0]}], one per row of x; got [${segmentIds.shape.join(', ')}]. Reshape x and segmentIds to match.`,
    )
  }
  const row = x.shape.slice(1)
  const out = newTensor([numSegments, ...row], x.dtype, backend)
  const [ids, values, sums] = [segmentIds, x, out].map((tensor) => backend.typedArrayFromHeap(tensor)) // after the allocation, which may move the heap
  if (ids === undefined || values === undefined || sums === undefined) return out
  const size = util.sizeFromShape(row)
  sums.fill(0)
  ids.forEach((id, index) => {
    if (id < 0 || id >= numSegments) return
    for (let i = 0; i < size; i++) sums[id * size + i] = (sums[id * size + i] ?? 0) + (values[index * size + i] ?? 0)
  })
  return out
}
