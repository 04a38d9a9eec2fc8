import { util, type DataType } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'

/**
 * Has a WebGPU backend write the numbers of a tensor that lies on the processor by the device's queue, where TensorFlow.js makes a buffer for every
 * upload, maps it, has it copied, for which it ends the pass of computations, and destroys it.
 *
 * The queue writes at once, and so before commands that are recorded but not submitted. None of these names the tensor's buffer: a buffer is given back for
 * others when the commands that name it were submitted.
 *
 * @param backend - whose method is replaced
 */
export function uploadByQueue(backend: WebGPUBackend): void {
  const stock = backend.uploadToGPU
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId)
    const numbers = data.resource ? undefined : numbersOf(data.values, data.dtype)
    if (numbers === undefined || numbers.byteLength === 0 || numbers.length !== util.sizeFromShape(data.shape)) return stock.call(backend, dataId)
    const buffer = backend.bufferManager.acquireBuffer(numbers.byteLength, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST)
    backend.queue.writeBuffer(buffer, 0, numbers)
    data.resource = buffer
    data.values = null as never // as TensorFlow.js does: the numbers are the device's now
  }
}

/** As the device has them, four bytes each; undefined for what it has not, or where there are none. */
function numbersOf(values: unknown, dtype: DataType): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | undefined {
  if (!(values instanceof Float32Array || values instanceof Int32Array || values instanceof Uint8Array)) return undefined
  if (dtype === 'float32') return (values instanceof Float32Array ? values : Float32Array.from(values)) as Float32Array<ArrayBuffer>
  if (dtype === 'int32' || dtype === 'bool') return (values instanceof Int32Array ? values : Int32Array.from(values)) as Int32Array<ArrayBuffer>
  return undefined
}
