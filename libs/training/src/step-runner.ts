import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { dispose, tensor, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { sizeOf } from './host-array'
import type { TrainingTensors, TrainStep } from './train-step'

/** One array of a batch: in float32, or in float64 as a `HostState` is, which is rounded on its way to the backend. */
export interface BatchArray {
  /** The numbers, row by row. */
  readonly data: Float32Array | Float64Array
  /** Their shape. */
  readonly shape: readonly number[]
}

/** One batch on the host, by the names that the loss wants. */
export type HostBatch = Readonly<Record<string, BatchArray>>

/** What a run step gives: new tensors, owned by the caller, and two numbers. */
export interface StepOutcome {
  /** The tensors after the step. */
  readonly tensors: TrainingTensors
  /** The loss before it. */
  readonly loss: number
  /** The gradient's norm before clipping. */
  readonly gradientNorm: number
}

/** The thing that runs a step: eagerly, or compiled. It borrows its arguments. */
export interface StepRunner {
  /** The step that it runs, which knows the parameters' layout and the rates that it wants. */
  readonly step: TrainStep
  /** Runs it once, with rates that `step.rates` gave. */
  run(tensors: TrainingTensors, batch: HostBatch, rates: readonly number[]): Promise<StepOutcome>
}

/**
 * Runs a step eagerly on the active TensorFlow.js backend.
 *
 * @param step - from `trainStep`
 * @returns a runner that keeps no tensors: all that it makes on the way is freed, what it returns is the caller's; its run
 * rejects with InvalidArgumentError or ShapeError, naming the array, for a batch of anything but typed float arrays that fill
 * their shapes
 */
export function eagerRunner(step: TrainStep): StepRunner {
  return Object.freeze<StepRunner>({
    step,
    async run(tensors, batch, rates) {
      const result = tidy(() => {
        const inputs = Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, batchTensor(name, array)]))
        return step.run(tensors, inputs, tensor1d([...rates]))
      })
      try {
        const [[loss], [gradientNorm]] = await Promise.all([result.loss.data(), result.gradientNorm.data()])
        return { tensors: result.tensors, loss, gradientNorm }
      } catch (error) {
        dispose(result.tensors) // nobody will get them
        throw error
      } finally {
        result.loss.dispose()
        result.gradientNorm.dispose()
      }
    },
  })
}

/** An array of a batch on the backend. */
function batchTensor(name: string, { data, shape }: BatchArray): Tensor {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw new InvalidArgumentError(`batch.${name}.data`, data, 'a Float32Array or a Float64Array')
  }
  if (sizeOf(shape) !== data.length) throw new ShapeError(`batch.${name} with ${data.length} numbers`, 'of that many numbers', shape)
  return tensor(data instanceof Float32Array ? data : Float32Array.from(data), [...shape])
}
