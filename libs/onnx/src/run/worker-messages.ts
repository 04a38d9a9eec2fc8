import type { OnnxDevice } from './device'
import type { HostTensors, TensorForm } from './host-tensor'

/** What the program asks of the worker. Arrays are moved to it, so they must be its own. */
export type WorkerRequest =
  | { readonly kind: 'version' }
  | { readonly kind: 'open', readonly session: number, readonly model: Uint8Array, readonly options: WorkerSessionOptions }
  | { readonly kind: 'run', readonly session: number, readonly feeds: HostTensors }
  | { readonly kind: 'read-state', readonly session: number, readonly reader: number | undefined }
  | { readonly kind: 'write-state', readonly session: number, readonly values: HostTensors }
  | { readonly kind: 'close', readonly session: number }

/** How the worker opens a session. */
export interface WorkerSessionOptions {
  /** What computes. */
  readonly device: OnnxDevice
  /** Threads within an operation on the processor. */
  readonly threads: number
  /** onnxruntime's level of graph optimisation. */
  readonly optimization: 'all' | 'extended' | 'basic' | 'disabled'
  /** Inputs that get an output of the run before. */
  readonly state: readonly { readonly input: string, readonly output: string }[]
}

/** What the worker answers to each kind of request. Arrays are moved to the program. */
export interface WorkerAnswers {
  /** Version of onnxruntime-node, and what it can compute on. */
  readonly 'version': { readonly version: string, readonly devices: readonly OnnxDevice[] }
  /** The forms of the model's inputs and outputs. */
  readonly 'open': { readonly inputs: Readonly<Record<string, TensorForm>>, readonly outputs: Readonly<Record<string, TensorForm>> }
  /** The outputs that are no state. */
  readonly 'run': Record<string, HostTensors[string]>
  /** The state by input. */
  readonly 'read-state': Record<string, HostTensors[string]>
  /** Nothing. */
  readonly 'write-state': undefined
  /** Nothing. */
  readonly 'close': undefined
}

/** One message to the worker. */
export interface WorkerCall {
  /** The answer bears the same number. */
  readonly id: number
  /** What is asked. */
  readonly request: WorkerRequest
}

/** One message of the worker: what was asked for, or why it could not be had. */
export type WorkerReply =
  | { readonly id: number, readonly value: WorkerAnswers[WorkerRequest['kind']] }
  | { readonly id: number, readonly failure: { readonly kind: 'missing' | 'runtime', readonly reason: string, readonly device: OnnxDevice } }
