import { util, type DataType, type TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { HEAP_KERNELS_MODULE } from './heap-kernels-module'

/** What the WebAssembly module exports; see the *.as.ts files. Addresses and steps are in bytes. */
export interface HeapKernels {
  /** Copies rows of numbers from places `fromRow` apart to places `toRow` apart. */
  copyRows(from: number, to: number, rows: number, rowBytes: number, fromRow: number, toRow: number): void
  /** The outputs of one padded image. */
  convolve(
    source: number, panels: number, out: number, tile: number, kernelHeight: number, runBytes: number, row: number, strideRow: number,
    pixel: number, height: number, width: number, channels: number, outRow: number, outPixel: number,
  ): void
  /** Lays out the weights of `count` taps for `convolve`. */
  packRun(from: number, to: number, count: number, tap: number, channels: number, channel: number, panelBytes: number): void
  /** Adds what one padded image contributes to the gradient of the filter. */
  filterGradient(
    x: number, dy: number, sums: number, kernelHeight: number, taps: number, row: number, strideRow: number,
    pixel: number, height: number, width: number, channels: number, block: number,
  ): void
  /** Sums over the middle axis of (outer, rows, inner), times `scale`. */
  sumRows(x: number, out: number, outer: number, rows: number, inner: number, scale: number): void
}

/** The part of WebAssembly that is used here; the type library of ECMAScript has none of it. */
interface WebAssemblyLike {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown }
}

let compiled: object | undefined
const instances = new WeakMap<BackendWasm, HeapKernels>()

/**
 * Our own kernels on the memory of a wasm backend: they read and write tensors where they lie.
 *
 * @returns one instance per backend; it is forgotten with the backend.
 * @throws {Error} if the backend does not show its memory as tfjs 4.22 does, or WebAssembly SIMD is missing.
 */
export function heapKernels(backend: BackendWasm): HeapKernels {
  const known = instances.get(backend)
  if (known !== undefined) return known
  const { WebAssembly: wasm } = globalThis as unknown as { readonly WebAssembly: WebAssemblyLike }
  const memory = memoryOf(backend)
  try {
    compiled ??= new wasm.Module(Uint8Array.from(atob(HEAP_KERNELS_MODULE), (character) => character.charCodeAt(0)))
    const instance = new wasm.Instance(compiled, { env: { memory } }).exports as HeapKernels
    instances.set(backend, instance)
    return instance
  } catch (error) {
    throw new Error(
      'The kernels of @sbgm/backends need WebAssembly SIMD and a wasm backend with one thread; it has not both. ' +
        "Call setThreadsCount(1) of @tensorflow/tfjs-backend-wasm before it starts, or use engine 'cpu'.",
      { cause: error },
    )
  }
}

/** What is used here of the module of the wasm backend, which its own types do not show. */
interface HeapModule {
  readonly asm?: Readonly<Record<string, unknown>>
  readonly HEAPU8: Uint8Array
  _malloc(bytes: number): number
  _free(address: number): void
}

const moduleOf = (backend: BackendWasm) => backend.wasm as unknown as HeapModule

function memoryOf(backend: BackendWasm): object {
  const { asm = {}, HEAPU8 } = moduleOf(backend)
  for (const exported of Object.values(asm)) {
    if (typeof exported === 'object' && exported !== null && 'buffer' in exported && exported.buffer === HEAPU8.buffer) return exported
  }
  throw new Error('The wasm backend must export its memory as version 4.22.0 does; got none. Install @tensorflow/tfjs-backend-wasm@4.22.0.')
}

/** Where a tensor's numbers start in the backend's memory. */
export const addressOf = ({ dataId }: TensorInfo, backend: BackendWasm): number => backend.getMemoryOffset(dataId)

/**
 * A tensor on the backend, whose numbers are still to be written; owned by the caller.
 *
 * @throws {Error} if the backend has no memory left. tfjs itself does not look: its kernels then write to address 0.
 */
export function newTensor(shape: number[], dtype: DataType, backend: BackendWasm): TensorInfo {
  const tensor = backend.makeOutput(shape, dtype)
  if (addressOf(tensor, backend) !== 0) return tensor
  backend.disposeData(tensor.dataId)
  throw outOfMemory(util.sizeFromShape(shape) * util.bytesPerElement(dtype))
}

/**
 * Lends `use` zeroed memory of the backend for its duration. The memory may grow meanwhile: ask for addresses, not for views.
 *
 * @throws {Error} if the backend has no memory left.
 */
export function withScratch<Result>(bytes: number, backend: BackendWasm, use: (address: number) => Result): Result {
  const module = moduleOf(backend)
  const address = module._malloc(bytes) >>> 0 // a signed number above 2 GiB
  if (address === 0) throw outOfMemory(bytes)
  try {
    module.HEAPU8.fill(0, address, address + bytes)
    return use(address)
  } finally {
    module._free(address)
  }
}

const outOfMemory = (bytes: number) =>
  new Error(`The wasm backend must have ${bytes} bytes of memory left; it has not. Dispose of tensors, or use smaller batches.`)
