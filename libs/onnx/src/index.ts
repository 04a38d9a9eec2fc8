export { compile, type Compiled } from './compile'
export { compileForward } from './compile-forward'
export {
  compileTrainStep, type CompiledRun, type CompiledStep, type StepArray, type StepLayout, type StepReport, type StepResult, type StepState, type StepTensors,
  type StepVectors, type TraceableStep,
} from './compile-train-step'
export type { CompileOptions, EngineKind } from './engine-choice'
export { TraceError } from './errors'
export { exportOnnx, onnxModel, type ExportOptions, type OpenForm } from './export-onnx'
export type { ForwardFunction } from './forward-function'
export type { InputForm, InputForms } from './host-forms'
export { HostTensorError } from './run/host-tensor-error'
export type { OnnxDevice } from './run/device'
export { OnnxRuntimeError } from './run/onnxruntime-error'
export { OnnxWorkerError } from './run/onnx-worker-error'
export { findOnnxRuntime, type OnnxRuntimeFound, type OnnxRuntimeNotFound } from './run/onnxruntime'
export { OnnxRuntimeMissingError } from './run/onnxruntime-missing-error'
export type { HostTensor, HostTensors } from './run/host-tensor'
export type { TracedFunction } from './trace/trace'
