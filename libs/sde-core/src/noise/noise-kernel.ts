import { NOISE_KERNEL_MODULE } from './noise-kernel-module'
import { ceilingOf, type NoiseRun } from './noise-run'

/** What the WebAssembly module exports; see kernel.as.ts. */
export interface NoiseKernel {
  /** Its memory, which holds the chunk. */
  readonly memory: { readonly buffer: ArrayBuffer }
  /** Most blocks in a chunk; a block is two numbers. */
  readonly CHUNK_BLOCKS: { readonly value: number }
  /** Where the chunk stands, as float64. */
  readonly NUMBERS: { readonly value: number }
  /** Where the chunk stands, as float32. */
  readonly SINGLES: { readonly value: number }
  /** Fills the chunk with the uniforms of consecutive blocks; returns how many numbers that made. */
  uniforms(
    k0: number,
    k1: number,
    block: number,
    sample: number,
    step: number,
    draw: number,
    sampleSize: number,
    blocks: number,
  ): number
  /** Turns the chunk's first uniforms into standard normals. */
  normals(count: number): void
  /** Rounds the chunk's first numbers to float32, at most `ceiling`. */
  singles(count: number, ceiling: number): void
}

/** The part of WebAssembly that is used here; the type library of ECMAScript has none of it. */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: unknown }
}

let kernel: NoiseKernel | 'none' | undefined

/**
 * The kernel, compiled at the first call (3 kB, a few milliseconds); undefined where WebAssembly or its SIMD part is
 * missing or forbidden.
 */
export function noiseKernel(): NoiseKernel | undefined {
  kernel ??= compileKernel()
  return kernel === 'none' ? undefined : kernel
}

function compileKernel(): NoiseKernel | 'none' {
  const { WebAssembly: wasm, atob: decode } = globalThis as {
    readonly WebAssembly?: WebAssemblyLike
    readonly atob?: (base64: string) => string
  }
  if (wasm === undefined || decode === undefined) return 'none'
  try {
    const module = new wasm.Module(Uint8Array.from(decode(NOISE_KERNEL_MODULE), (character) => character.charCodeAt(0)))
    return new wasm.Instance(module).exports as NoiseKernel
  } catch {
    return 'none' // no SIMD, or a content security policy against compiling: plain-noise.ts makes the same numbers
  }
}

/**
 * Fills `out` with keyed noise by the kernel, chunk by chunk: bit for bit the numbers of {@link fillPlainly}.
 *
 * @param kernel - from {@link noiseKernel}
 * @param out - receives the samples one after the other, shape (batch, sampleSize)
 * @param run - what to make
 */
export function fillByKernel(kernel: NoiseKernel, out: Float32Array | Float64Array, run: NoiseRun): void {
  const { law, sampleSize, firstSample, step, draw, k0, k1 } = run
  const { buffer } = kernel.memory
  const chunkBlocks = kernel.CHUNK_BLOCKS.value
  const single = out instanceof Float32Array
  const ceiling = ceilingOf(law, out)
  const chunk = single
    ? new Float32Array(buffer, kernel.SINGLES.value, 2 * chunkBlocks)
    : new Float64Array(buffer, kernel.NUMBERS.value, 2 * chunkBlocks)
  const blocksPerSample = Math.ceil(sampleSize / 2)
  const blocks = (out.length / sampleSize) * blocksPerSample
  for (let block = 0, filled = 0; block < blocks; block += chunkBlocks) {
    const sample = Math.floor(block / blocksPerSample)
    const made = kernel.uniforms(
      k0,
      k1,
      block - sample * blocksPerSample,
      firstSample + sample,
      step,
      draw,
      sampleSize,
      Math.min(chunkBlocks, blocks - block),
    )
    const count = Math.min(made, out.length - filled)
    if (law === 'normal') kernel.normals(count)
    if (single) kernel.singles(count, ceiling)
    out.set(count === chunk.length ? chunk : chunk.subarray(0, count), filled)
    filled += count
  }
}
