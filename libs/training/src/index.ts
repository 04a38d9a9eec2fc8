export { adamW, type AdamW, type AdamWCorrections, type AdamWMoments, type AdamWOptions, type AdamWRates, type AdamWUpdate } from './adam-w'
export { emaDecay } from './ema'
export { flattenParameters, parameterLayout, unflattenParameters, type ParameterLayout } from './flat-parameters'
export { clipByNorm, gradientNorm } from './gradient-clipping'
export type { HostArray } from './host-array'
export { cosineDecay, type CosineDecayOptions, type LearningRate } from './learning-rate'
export { parametersFromHost, parametersToHost } from './named-parameters'
export { NonFiniteLossError, type StepReport } from './non-finite-loss-error'
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from './safetensors'
export { eagerRunner, type BatchArray, type HostBatch, type StepOutcome, type StepRunner } from './step-runner'
export { train, type TrainedParameters, type TrainEvent, type TrainRun } from './train'
export {
  trainStep, type Batch, type Loss, type ScheduledRates, type TrainingTensors, type TrainStep, type TrainStepOptions, type TrainStepResult,
} from './train-step'
