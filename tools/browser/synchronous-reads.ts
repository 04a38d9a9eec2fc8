import { backend, engine, Tensor } from '@tensorflow/tfjs-core'

/** The synchronous reads since it was made. */
export interface ReadWatch {
  /** Their call stacks. */
  readonly seen: readonly string[]
  /** Stops watching. */
  end(): void
}

interface Reader {
  readSync(dataId: object): unknown
}
interface Stored {
  readonly values?: unknown
}
interface GraphicsBackend extends Reader {
  readonly tensorMap?: WeakMap<object, Stored>
  readonly texData?: WeakMap<object, Stored>
}

/**
 * Notes every synchronous read: `dataSync`, `arraySync`, `print` and the like, by whatever way; and on WebGL and WebGPU what kernels ask of
 * their backend themselves, where a number has to come from the graphics card. (They read small tensors that lie on the host still, which waits
 * for nothing. The cpu and wasm backends answer an asynchronous read by a synchronous one of their own, so they are not watched.)
 */
export function watchSynchronousReads(): ReadWatch {
  const seen: string[] = []
  const note = () => void seen.push(String(new Error('read synchronously').stack))
  const active = backend() as unknown as GraphicsBackend
  const stored = active.tensorMap ?? active.texData
  const undo = [
    watch(engine() as unknown as Reader, 'readSync', note),
    watch(Tensor.prototype, 'dataSync', note),
    ...(stored === undefined || !['webgl', 'webgpu'].includes(engine().backendName) ? [] : [
      watch(active, 'readSync', (dataId) => { if ((stored.get(dataId as object)?.values ?? undefined) === undefined) note() }),
    ]),
  ]
  return { seen, end: () => undo.forEach((take) => take()) }
}

/** Has something said before each call of a method; gives what takes that back. */
function watch<Name extends string>(object: Record<Name, (...given: never[]) => unknown>, name: Name, before: (...given: unknown[]) => void): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  const method = object[name] as (...given: unknown[]) => unknown
  object[name] = function (this: unknown, ...given: unknown[]) {
    before(...given)
    return method.apply(this, given)
  } as (typeof object)[Name]
  return () => (own === undefined ? Reflect.deleteProperty(object, name) : Object.defineProperty(object, name, own))
}
