export { compile, type Compiled } from './compile'
export { compileForward } from './compile-forward'
export {
  compileTrainStep, type CompiledRun, type CompiledStep, type StepArray, type StepReport, type StepTensors, type StepVectors, type TraceableStep,
} from './compile-train-step'
export type { CompileOptions, EngineKind } from './engine-choice'
export { TraceError } from './errors'
export { exportOnnx, onnxModel, type ExportOptions, type OpenForm } from './export-onnx'
export type { ForwardFunction } from './forward-function'
export type { InputForm, InputForms } from './host-forms'
export { findOnnxRuntime } from './run/onnxruntime'
export { OnnxRuntimeMissingError } from './run/onnxruntime-missing-error'
export type { HostTensor, HostTensors } from './run/host-tensor'
export type { TracedFunction } from './trace/trace'
