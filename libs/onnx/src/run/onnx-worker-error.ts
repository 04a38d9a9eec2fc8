/** The worker thread in which onnxruntime lives ended before it answered; every session in it is lost with its state. */
export class OnnxWorkerError extends Error {
  /** Always `OnnxWorkerError`, so that it is known across copies of the library. */
  override readonly name = 'OnnxWorkerError'

  /** @param reason - why it ended, as a sentence
   * @param options - the error that ended it, where there was one */
  constructor(reason: string, options?: ErrorOptions) {
    super(`The worker thread that runs onnxruntime must stay alive while a session is open; ${reason} ` +
      'Its sessions and their state are lost: open them again, from a checkpoint where one was training.', options)
  }

  /** Whether something is an {@link OnnxWorkerError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is OnnxWorkerError {
    return error instanceof Error && error.name === 'OnnxWorkerError'
  }
}
