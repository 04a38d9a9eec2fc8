/**
 * Why a data set cannot be had: the data folder is missing, cannot be read, is a file, is empty, holds another set, or lacks files; no mirror
 * gave a file; or the cache cannot be read or written.
 */
export type UnavailableReason =
  | 'data-dir-missing' | 'data-dir-not-readable' | 'data-dir-is-file' | 'data-dir-empty' | 'data-dir-holds-other-set' | 'data-dir-incomplete'
  | 'download-failed' | 'cache-not-readable' | 'cache-not-writable'

/** A published data set cannot be had; says why, and what to do. */
export class DatasetUnavailableError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'DatasetUnavailableError'
  /** The set that was asked for. */
  readonly dataset: string
  /** Why it cannot be had. */
  readonly reason: UnavailableReason

  /**
   * @param dataset - the set that was asked for
   * @param reason - why it cannot be had
   * @param message - the same in whole sentences, with what to do
   * @param cause - the error behind it, where there is one
   */
  constructor(dataset: string, reason: UnavailableReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.dataset = dataset
    this.reason = reason
    Object.defineProperty(this, Symbol.for('@sbgm/error/DatasetUnavailableError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is DatasetUnavailableError {
    return typeof error === 'object' && error !== null && Symbol.for('@sbgm/error/DatasetUnavailableError') in error
  }
}
