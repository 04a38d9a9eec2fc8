/** What a mirror did instead of giving the file. */
export class MirrorFailure extends Error {
  /**
   * @param message - what it did
   * @param again - true where the same mirror may do better at once: a busy server, a broken connection
   * @param cause - the error behind it
   */
  constructor(message: string, readonly again: boolean, cause?: unknown) {
    super(message, { cause })
  }
}

/** One attempt to get a file. */
export interface FetchAttempt {
  /** Where it is. */
  readonly url: string
  /** How long it must be, in bytes. */
  readonly bytes: number
  /** The function that does it. */
  readonly fetch: typeof globalThis.fetch
  /** Ends the attempt. */
  readonly signal: AbortSignal | undefined
  /** Milliseconds without a byte after which the attempt is given up. */
  readonly stallTimeout: number
  /** Is told how many bytes have come. */
  readonly onBytes: (received: number) => void
}

/**
 * Gets a file of known length.
 *
 * @returns exactly that many bytes
 * @throws {@link MirrorFailure} for an answer other than 2xx, a connection that breaks or stalls, or a body of another length;
 * the signal's reason when it is aborted; what `onBytes` throws.
 */
export async function fetchFile({ url, bytes, fetch, signal, stallTimeout, onBytes }: FetchAttempt): Promise<Uint8Array> {
  signal?.throwIfAborted()
  const stall = new AbortController()
  const watch = setTimeout(() => stall.abort(new Error(`no byte for ${stallTimeout / 1000} s`)), stallTimeout)
  let telling = false // while it is true an error is the listener's own, which no other attempt would mend
  try {
    const ended = signal === undefined ? stall.signal : AbortSignal.any([signal, stall.signal])
    const response = await fetch(url, { signal: ended, headers: { 'accept-encoding': 'identity' } })
    if (!response.ok || response.body === null) throw await refusal(response)
    const received = new Uint8Array(bytes)
    let length = 0
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      if (length + chunk.length > bytes) throw new MirrorFailure(`gave more than the ${bytes} bytes of the file`, false)
      received.set(chunk, length)
      length += chunk.length
      watch.refresh()
      telling = true
      onBytes(length)
      telling = false
    }
    if (length < bytes) throw new MirrorFailure(`gave ${length} of the file's ${bytes} bytes`, true)
    return received
  } catch (error) {
    signal?.throwIfAborted()
    if (telling || error instanceof MirrorFailure) throw error
    const reason = stall.signal.aborted ? (stall.signal.reason as Error) : error
    throw new MirrorFailure(connectionProblem(reason), true, error)
  } finally {
    clearTimeout(watch)
  }
}

/** Busy or broken servers may do better the next time; one that lacks the file will not. */
async function refusal(response: Response): Promise<MirrorFailure> {
  await response.body?.cancel()
  const { status, statusText } = response
  return new MirrorFailure(`answered ${status} ${statusText}`.trim(), status >= 500 || status === 408 || status === 429)
}

/** `fetch` hides what happened in the cause of its error. */
function connectionProblem(error: unknown): string {
  const { message, cause } = error as Error
  const behind = cause as NodeJS.ErrnoException | undefined
  return behind === undefined ? message : `${message} (${behind.code ?? behind.message})`
}
