/**
 * What onnxruntime computes on: `cpu` is the processor; `webgpu` a GPU, by onnxruntime's own WebGPU engine, which lies in onnxruntime-node for Linux on x64, macOS on arm64 and
 * Windows. It opens the adapter that WebGPU prefers for speed, one in software too, and does not say which: `openBackend` of `@sbgm/backends` asks
 * for the same and does.
 */
export type OnnxDevice = 'cpu' | 'webgpu'

/** The devices there are. */
const onnxDevices: readonly OnnxDevice[] = ['cpu', 'webgpu']

/**
 * Checks a device where it is given, before any work.
 *
 * @throws {RangeError} for one that there is not.
 */
export function checkDevice(device: OnnxDevice | undefined): void {
  if (device === undefined || onnxDevices.includes(device)) return
  throw new RangeError(`device must be one of ${onnxDevices.map((each) => `'${each}'`).join(', ')}; got '${String(device)}'. Leave it out for the processor.`)
}
