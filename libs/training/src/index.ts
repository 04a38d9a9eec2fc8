export { adamW, type AdamW, type AdamWCorrections, type AdamWMoments, type AdamWOptions, type AdamWRates, type AdamWUpdate } from './adam-w'
export { eagerRunner } from './eager-runner'
export { emaDecay } from './ema'
export { flattenParameters, parameterLayout, unflattenParameters, type ParameterLayout } from './flat-parameters'
export { clipByNorm, gradientNorm } from './gradient-clipping'
export type { HostArray, HostArrays } from './host-array'
export {
  constantRate, cosineDecay, inverseSquareRootDecay, linearDecay,
  type ConstantRateOptions, type CosineDecayOptions, type InverseSquareRootDecayOptions, type LearningRate, type LinearDecayOptions,
} from './learning-rate'
export { parametersFromHost, parametersToHost } from './named-parameters'
export { NonFiniteLossError, type StepReport } from './non-finite-loss-error'
export type { JsonValue, RunRecord } from './run-record'
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from './safetensors'
export { sparkline } from './sparkline'
export type { BatchArray, HostBatch, RunningStep, StepOutcome, StepRunner, TrainingVectors } from './step-runner'
export { train, type TrainedParameters, type TrainEvent, type TrainRun } from './train'
export {
  trainStep, type Batch, type Loss, type ScheduledRates, type TrainingTensors, type TrainStep, type TrainStepOptions, type TrainStepResult,
} from './train-step'
export { formatLogLine, logEntry, parseLog, type LogOrigin, type TrainingLogEntry } from './training-log'
export type { TrainingState } from './training-state'
