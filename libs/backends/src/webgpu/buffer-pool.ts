/** Limits of a {@link BufferPool}. */
export interface BufferPoolOptions {
  /** Bytes that may be held in all, whatever is in use. @defaultValue 64 MiB */
  readonly atLeast?: number
  /** How many times the bytes in use at the height of recent work may be held in all. @defaultValue 2 */
  readonly times?: number
  /** How many requests for buffers are recent work: so many, and up to as many before them. @defaultValue 16384, eight training steps of a UNet with a million parameters */
  readonly requests?: number
}

/**
 * Buffers of a device, kept when they are given back, for the next request of their size. TensorFlow.js's own keeps them for ever, by exact size, so that
 * a program which goes from training to sampling, or from one batch size to another, ends with the buffers of all that it ever did. This one destroys
 * those that lie idle the longest while all together are more than a multiple of what recent work had in use at its height. Work that repeats itself
 * finds all its buffers again.
 *
 * Only buffers that were given back are destroyed. TensorFlow.js gives back one of a tensor when no command that is still to be submitted names it, and the
 * device keeps what submitted commands name until they have run.
 */
export class BufferPool {
  /** Bytes in use. */
  numBytesUsed = 0
  /** Bytes in use and kept. */
  numBytesAllocated = 0
  readonly #device: Pick<GPUDevice, 'createBuffer'>
  readonly #atLeast: number
  readonly #times: number
  readonly #requests: number
  readonly #used = new Set<GPUBuffer>()
  /** Those that are kept, that which was given back first first; and by size and usage. */
  readonly #idle = new Set<GPUBuffer>()
  readonly #kept = new Map<string, GPUBuffer[]>()
  #countdown: number
  #height = 0
  #heightBefore = 0

  constructor(device: Pick<GPUDevice, 'createBuffer'>, { atLeast = 2 ** 26, times = 2, requests = 2 ** 14 }: BufferPoolOptions = {}) {
    this.#device = device
    this.#atLeast = atLeast
    this.#times = times
    this.#requests = requests
    this.#countdown = requests
  }

  /** A buffer of exactly that size and usage; mapped only if it is a new one that shall be. `reuse` false asks for a new one. */
  acquireBuffer(size: number, usage: GPUBufferUsageFlags, mappedAtCreation = false, reuse = true): GPUBuffer {
    const kept = reuse ? this.#kept.get(keyOf(size, usage))?.pop() : undefined
    if (kept !== undefined) this.#idle.delete(kept)
    const buffer = kept ?? this.#device.createBuffer({ size, usage, mappedAtCreation })
    if (kept === undefined) this.numBytesAllocated += size
    this.#used.add(buffer)
    this.numBytesUsed += size
    this.#height = Math.max(this.#height, this.numBytesUsed)
    if (--this.#countdown === 0) {
      this.#countdown = this.#requests
      this.#heightBefore = this.#height
      this.#height = this.numBytesUsed
    }
    return buffer
  }

  /** Takes a buffer back, to keep it or, with `reuse` false, to destroy it. */
  releaseBuffer(buffer: GPUBuffer, reuse = true): void {
    if (!this.#used.delete(buffer)) return // from before everything was freed
    const { size, usage } = buffer
    this.numBytesUsed -= size
    if (!reuse) return this.#destroy(buffer, size)
    const key = keyOf(size, usage)
    const alike = this.#kept.get(key)
    if (alike === undefined) this.#kept.set(key, [buffer])
    else alike.push(buffer)
    this.#idle.add(buffer)
    this.#trim()
  }

  /** How many are in use. */
  getNumUsedBuffers(): number {
    return this.#used.size
  }

  /** How many are kept. */
  getNumFreeBuffers(): number {
    return this.#idle.size
  }

  /** Destroys all of them, those in use, too. */
  dispose(): void {
    for (const buffer of [...this.#used, ...this.#idle]) buffer.destroy()
    for (const held of [this.#used, this.#idle, this.#kept]) held.clear()
    this.numBytesUsed = 0
    this.numBytesAllocated = 0
  }

  #trim(): void {
    const limit = Math.max(this.#atLeast, this.#times * Math.max(this.#height, this.#heightBefore))
    for (const oldest of this.#idle) {
      if (this.numBytesAllocated <= limit) return
      const { size, usage } = oldest
      const key = keyOf(size, usage)
      const alike = this.#kept.get(key) ?? []
      alike.shift() // the oldest of all is the oldest of its kind
      if (alike.length === 0) this.#kept.delete(key)
      this.#idle.delete(oldest)
      this.#destroy(oldest, size)
    }
  }

  #destroy(buffer: GPUBuffer, size: number): void {
    buffer.destroy()
    this.numBytesAllocated -= size
  }
}

const keyOf = (size: number, usage: number): string => `${size} ${usage}`
