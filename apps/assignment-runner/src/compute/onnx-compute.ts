import { compile, compileForward, compileTrainStep, type Compiled, type HostTensor, type HostTensors, type OnnxDevice } from '@sbgm/onnx'
import { add, tensor, type Tensor } from '@tensorflow/tfjs-core'
import type { BoundNetwork, Compute } from './compute'
import { RunError } from '../errors'
import { joinedRows, rowBlocks } from './row-blocks'

/** What {@link onnxCompute} computes on. */
interface OnnxPlace {
  /** The processor, or a GPU by onnxruntime's own WebGPU engine. @defaultValue 'cpu' */
  readonly device?: OnnxDevice
  /** Threads of onnxruntime on the processor: other numbers may give other last digits. */
  readonly threads: number
}

/**
 * Networks are compiled, and run by onnxruntime in a thread of its own; its kernels depend on the batch size, so a network is
 * always evaluated on the same number of rows. Networks of few operations stay on the processor, with one thread: a card would wait for each.
 */
export const onnxCompute = ({ device = 'cpu', threads }: OnnxPlace): Compute => ({
  preparing: 'compiling the training step',
  ...((device !== 'cpu' || threads > 1) && { forSmallNetworks: onnxCompute({ threads: 1 }) }),
  runner: (step) => compileTrainStep(step, { device, threads }),
  bind(forward, params, rows): BoundNetwork {
    let compiling: Promise<Compiled> | undefined
    return {
      async run(inputs) {
        const { runArrays } = await (compiling ??= compileForward(forward, params, undefined, { engine: 'onnxruntime', device, threads }))
        const { count, blocks } = rowBlocks(await onHost(inputs), rows)
        return onBackend(joinedRows(await Promise.all(blocks.map((block) => runArrays(block))), count))
      },
      async close() {
        await (await compiling?.catch(() => undefined))?.close()
      },
    }
  },
})

/**
 * Has onnxruntime compute 1 + 1 on a GPU, so that a run which cannot is refused before it begins.
 *
 * @throws {OnnxRuntimeError} where it cannot open one; {@link RunError} for another result than 2.
 */
export async function checkOnnxOnGpu(): Promise<void> {
  const compiled = await compile(({ x }) => ({ sum: add(x, x) }), { x: { shape: [1], dtype: 'float32' } }, { engine: 'onnxruntime', device: 'webgpu' })
  try {
    const { sum } = await compiled.runArrays({ x: { data: Float32Array.of(1), shape: [1] } })
    if (sum.data[0] !== 2) throw new RunError(`onnxruntime on WebGPU must compute what is right; got ${sum.data[0]} for 1 + 1. Update the card's driver, or give another engine.`)
  } finally {
    await compiled.close()
  }
}

/** The tensors' numbers; the tensors are borrowed. */
async function onHost(tensors: Readonly<Record<string, Tensor>>): Promise<HostTensors> {
  const read = async ([name, value]: [string, Tensor]) => [name, { data: (await value.data()) as HostTensor['data'], shape: value.shape }] as const
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)))
}

/** Tensors of the active backend, owned by the caller. */
const onBackend = (arrays: HostTensors): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { data, shape }]) => [name, tensor(data, [...shape])]))
