/** onnxruntime refused a model, or failed to run it. */
export class OnnxRuntimeError extends Error {
  /** Always `OnnxRuntimeError`, so that it is known across copies of the library. */
  override readonly name = 'OnnxRuntimeError'
  /** What was being done: 'open' makes a session of a model, 'run' runs it, 'close' gives its memory back. */
  readonly during: 'open' | 'run' | 'close'
  /** onnxruntime's own words. */
  readonly reason: string

  constructor(during: 'open' | 'run' | 'close', reason: string) {
    super({
      open: `The model must be one that onnxruntime accepts; it said: ${reason} Check the model with onnx.checker.`,
      run: `onnxruntime failed to run the model; it said: ${reason} The session's state is what it was before this run. Check the numbers that it is given, such as places to gather from: run eagerly, the function says what it refuses.`,
      close: `onnxruntime failed to close the session; it said: ${reason}`,
    }[during])
    this.during = during
    this.reason = reason
  }

  /** Whether something is an {@link OnnxRuntimeError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is OnnxRuntimeError {
    return error instanceof Error && error.name === 'OnnxRuntimeError'
  }
}
