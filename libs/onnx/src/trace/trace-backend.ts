import { KernelBackend, type BackendValues, type DataId, type DataType, type Tensor, type TensorInfo } from '@tensorflow/tfjs-core'
import { TraceError } from '../errors'
import { constantValue, numbersOf, type HostNumbers, type Value, type ValueType } from './graph'

/** Counts traces, so that what one trace made is not taken for another's. */
let currentTrace = 0

/** What a traced tensor holds in place of data. A new one for each result, so that each can be disposed on its own. */
class Symbolic {
  readonly trace = currentTrace
  /** How many tensors hold it: more than one where a variable was made of a tensor. */
  holders = 1
  constructor(readonly value: Value) {}
}

/** The value behind a tensor of the trace under way; undefined for any other tensor, also one that an earlier trace left behind. */
export const valueOf = ({ dataId }: TensorInfo): Value | undefined => (dataId instanceof Symbolic && dataId.trace === currentTrace ? dataId.value : undefined)

/** A value as TensorFlow.js takes it from a kernel. */
export const tensorInfoOf = (value: Value): TensorInfo => ({ dataId: new Symbolic(value), shape: [...value.shape], dtype: value.type })

/**
 * A TensorFlow.js backend whose tensors have no numbers, only the way they would be computed. Data written to it become
 * constants; data read from it exist for constants alone.
 */
export class TraceBackend extends KernelBackend {
  private dataIds = 0
  private refused: TraceError | undefined

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    this.dataIds++
    return new Symbolic(constantValue(hostNumbers(values, dtype), { shape, type: valueType(dtype) }))
  }

  /** Begins a trace: tensors of those before are tensors from outside. */
  beginTrace(): void {
    currentTrace++
    this.refused = undefined
  }

  /** @throws TraceError where the function asked for numbers without waiting for them, so that nobody was told yet. */
  checkReads(): void {
    if (this.refused) throw this.refused
  }

  override readSync(dataId: object): BackendValues {
    const numbers = dataId instanceof Symbolic ? numbersOf(dataId.value) : undefined
    if (numbers !== undefined) return numbers
    throw new TraceError(
      'A traced function must not read the numbers of its tensors (data, dataSync, arraySync, print, an if on a tensor; debug mode does too): while it is traced they have none. ' +
        'Compute with tensors all the way (where, minimum, mul by a mask), or hand in what is known on the host as an input.',
    )
  }

  override async read(dataId: object): Promise<BackendValues> {
    try {
      return this.readSync(dataId)
    } catch (error) {
      if (!TraceError.isInstance(error)) throw error
      this.refused = error
      return new Promise(() => {}) // the trace as a whole fails; a rejection that nobody waits for would end the process
    }
  }

  override numDataIds(): number {
    return this.dataIds
  }

  override disposeData(dataId: object): boolean {
    return dataId instanceof Symbolic && --dataId.holders <= 0
  }

  override incRef(dataId: object): void {
    if (dataId instanceof Symbolic) dataId.holders++
  }

  override refCount(dataId: object): number {
    return dataId instanceof Symbolic ? dataId.holders : 0
  }

  override memory() {
    return { unreliable: true }
  }

  override timerAvailable(): boolean {
    return false
  }

  override floatPrecision(): 16 | 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7 // what TensorFlow.js takes for float32
  }

  override dispose(): void {}
}

/** The element types that can be traced. */
export function valueType(dtype: DataType): ValueType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype
  throw new TraceError(`A traced tensor must be float32, int32 or bool; got ${dtype}. Keep strings and complex numbers outside the function.`)
}

function hostNumbers(values: BackendValues, dtype: DataType): HostNumbers {
  const numbers = values as Float32Array | Int32Array | Uint8Array | number[]
  switch (valueType(dtype)) {
    case 'float32': return Float32Array.from(numbers)
    case 'int32': return Int32Array.from(numbers)
    case 'bool': return Uint8Array.from(numbers)
  }
}

/** Names a tensor in a message. */
export const describeTensor = ({ shape, dtype }: Pick<Tensor, 'shape' | 'dtype'>): string => `${dtype} (${shape.join(', ')})`
