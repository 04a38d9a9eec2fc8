import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { failureOf, GpuDeviceError } from './gpu-device-error'

/**
 * Makes a WebGPU backend fail at once and aloud. WebGPU reports errors late, to nobody, and goes on with zeros; here, after the first one,
 * every operation and every read of the backend throws it, so that no number leaves the device that was computed after a failure. And a synchronous
 * read, which TensorFlow.js tries with a canvas that Node has not, says what to do instead.
 *
 * @param backend - whose methods are replaced
 * @param adapter - the card in a few words, for messages
 * @returns to be called when the device is about to be destroyed on purpose: that is no failure
 */
export function guardDevice(backend: WebGPUBackend, adapter: string): () => void {
  const { device } = backend
  let failure: GpuDeviceError | undefined
  let closing = false
  const fail = (kind: GpuDeviceError['failure'], message: string) => {
    if (!closing) failure ??= new GpuDeviceError(kind, { adapter, message })
  }
  device.addEventListener('uncapturederror', (event) => {
    event.preventDefault() // which would print it, once for each command that comes after
    const { error } = event as GPUUncapturedErrorEvent
    fail(failureOf(error), error.message)
  })
  void device.lost.then(({ message }) => fail('lost', message))

  const stock = { upload: backend.uploadToGPU, read: backend.read, readSync: backend.readSync }
  const check = () => {
    if (failure !== undefined) throw failure
  }
  backend.uploadToGPU = (dataId) => { // with which every program begins, for its output
    check()
    stock.upload.call(backend, dataId)
  }
  backend.read = async (dataId) => {
    check()
    try {
      const values = await stock.read.call(backend, dataId)
      check()
      return values
    } catch (error) {
      await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, 100))]) // what broke the read may be told after it
      check()
      throw error
    }
  }
  backend.readSync = (dataId) => {
    const { values, dtype } = backend.tensorMap.get(dataId)
    if (!values && dtype !== 'complex64') {
      throw new Error('A tensor on webgpu must be read asynchronously; got dataSync, arraySync or an operation that reads its operands on the processor. Await data() instead.')
    }
    return stock.readSync.call(backend, dataId)
  }
  return () => {
    closing = true
  }
}
