import type { OnnxDevice } from './device'

/** onnxruntime refused a model, or failed to run it. */
export class OnnxRuntimeError extends Error {
  /** Always `OnnxRuntimeError`, so that it is known across copies of the library. */
  override readonly name = 'OnnxRuntimeError'
  /** What was being done: 'open' makes a session of a model, 'run' runs it, 'close' gives its memory back. */
  readonly during: 'open' | 'run' | 'close'
  /** onnxruntime's own words. */
  readonly reason: string
  /** What it computed on, or was to. */
  readonly device: OnnxDevice

  /** @param during - what was being done
   * @param reason - onnxruntime's own words
   * @param device - what it computed on, or was to */
  constructor(during: 'open' | 'run' | 'close', reason: string, device: OnnxDevice = 'cpu') {
    super(messages[device][during](reason))
    this.during = during
    this.reason = reason
    this.device = device
  }

  /** Whether something is an {@link OnnxRuntimeError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is OnnxRuntimeError {
    return error instanceof Error && error.name === 'OnnxRuntimeError'
  }
}

const kept = 'The session\'s state is what it was before this run.'
const onClose = (reason: string) => `onnxruntime failed to close the session; it said: ${reason}`

const messages: Readonly<Record<OnnxDevice, Readonly<Record<OnnxRuntimeError['during'], (reason: string) => string>>>> = {
  cpu: {
    open: (reason) => `The model must be one that onnxruntime accepts; it said: ${reason} Check the model with onnx.checker.`,
    run: (reason) => `onnxruntime failed to run the model; it said: ${reason} ${kept} Check the numbers that it is given, such as places to gather from: run eagerly, the function says what it refuses.`,
    close: onClose,
  },
  webgpu: {
    open: (reason) => `onnxruntime could not open the model on a GPU; it said: ${reason} Is there a card, with a driver for Vulkan, Direct3D 12 or Metal? Else compute on the processor.`,
    run: (reason) => `onnxruntime failed to run the model on the GPU; it said: ${reason} ${kept} Where memory or a buffer's size is the matter, make the batch smaller; where the device was lost, begin anew, from a checkpoint where one was training.`,
    close: onClose,
  },
}
