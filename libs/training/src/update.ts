import { fusedKernel } from '@sbgm/sde-core'
import { add, mul, split, sub, type Scalar, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { settingsOf, type AdamW } from './adam-w'
import { clipByNorm, gradientNorm } from './gradient-clipping'
import type { TrainingTensors, TrainStepResult } from './train-step'

/** What an update is made of. */
export interface UpdateInputs {
  /** From the step before. */
  readonly tensors: TrainingTensors
  /** Of the loss at its parameters, shape (total,). */
  readonly gradient: Tensor
  /** Learning rate, both bias corrections, decay of the average; shape (4,). */
  readonly rates: Tensor1D
  /** The update rule. */
  readonly optimizer: AdamW
  /** Largest gradient norm. */
  readonly clipNorm: number
}

/**
 * All that comes behind the gradient: its norm, clipping, AdamW and the average, a ← d a + (1 − d) p. Where the active backend has the kernel
 * `sbgm.AdamWStep` it computes it; else it is composed. To be called inside a tidy.
 */
export function updated({ tensors, gradient, rates, optimizer, clipNorm }: UpdateInputs): Omit<TrainStepResult, 'loss'> {
  const settings = settingsOf(optimizer)
  const fused = settings && gradient.size > 0 ? fusedKernel('sbgm.AdamWStep') : undefined
  if (fused) {
    const [parameters, average, first, second, norm] = fused({ ...tensors, gradient, rates }, { ...settings, clipNorm })
    return { tensors: { parameters, average, first, second } as TrainingTensors, gradientNorm: norm as Scalar }
  }
  const norm = gradientNorm(gradient)
  const clipped = Number.isFinite(clipNorm) ? clipByNorm(gradient, norm, clipNorm) : gradient
  const [learningRate, firstCorrection, secondCorrection, decay] = split(rates, 4)
  const { parameters, moments } = optimizer.update(tensors.parameters, clipped, tensors, { learningRate, firstCorrection, secondCorrection })
  const average = add(parameters, mul(decay, sub(tensors.average, parameters)))
  return { tensors: { parameters, average, first: moments.first, second: moments.second } as TrainingTensors, gradientNorm: norm }
}
