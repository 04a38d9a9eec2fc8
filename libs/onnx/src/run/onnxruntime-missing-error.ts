/** The version that this library is tested with. */
const testedVersion = '1.30.0'

/** The optional peer onnxruntime-node is not installed, or does not load on this machine. */
export class OnnxRuntimeMissingError extends Error {
  /** Always `OnnxRuntimeMissingError`, so that it is known across copies of the library. */
  override readonly name = 'OnnxRuntimeMissingError'
  /** What came of loading the package. */
  readonly reason: string

  constructor(reason: string) {
    super(`@sbgm/onnx needs the package onnxruntime-node to run what it compiled. Install onnxruntime-node@${testedVersion} (with ` +
      'ONNXRUNTIME_NODE_INSTALL=skip in the environment its CUDA download is skipped), or run the same function eagerly. ' +
      `Loading it gave: ${reason}`)
    this.reason = reason
  }

  /** Whether something is an {@link OnnxRuntimeMissingError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is OnnxRuntimeMissingError {
    return error instanceof Error && error.name === 'OnnxRuntimeMissingError'
  }
}
