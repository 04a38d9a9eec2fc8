/** Something in a function that cannot be traced; the message says what, and what to do. */
export class TraceError extends Error {
  /** Always `TraceError`, so that it is known across copies of the library. */
  override readonly name = 'TraceError'

  /** @param message - rule, what was met, remedy
   * @param options - the error that led here, where there is one */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
  }

  /** Whether something is a {@link TraceError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is TraceError {
    return error instanceof Error && error.name === 'TraceError'
  }
}
