import { dispose, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core'
import type { HostArray } from './host-array'
import type { TrainingTensors, TrainStep } from './train-step'

/** One batch on the host. */
export type HostBatch = Readonly<Record<string, HostArray>>

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
 * @returns a runner that keeps no tensors: all that it makes on the way is freed, what it returns is the caller's
 */
export function eagerRunner(step: TrainStep): StepRunner {
  return Object.freeze<StepRunner>({
    step,
    async run(tensors, batch, rates) {
      const result = tidy(() => {
        const inputs = Object.fromEntries(Object.entries(batch).map(([name, { data, shape }]) => [name, tensor(data, [...shape])]))
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
