import { compileForward, compileTrainStep, type Compiled, type HostTensor, type HostTensors } from '@sbgm/onnx'
import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import type { BoundNetwork, Compute } from './compute'
import { joinedRows, rowBlocks } from './row-blocks'

/**
 * Networks are compiled, and run by onnxruntime in a thread of its own; its kernels depend on the batch size, so a network is
 * always evaluated on the same number of rows.
 *
 * @param threads - threads of onnxruntime: other numbers may give other last digits
 */
export const onnxCompute = ({ threads }: { readonly threads: number }): Compute => ({
  preparing: 'compiling the training step',
  ...(threads > 1 && { forSmallNetworks: onnxCompute({ threads: 1 }) }),
  runner: (step) => compileTrainStep(step, { threads }),
  bind(forward, params, rows): BoundNetwork {
    let compiling: Promise<Compiled> | undefined
    return {
      async run(inputs) {
        const { runArrays } = await (compiling ??= compileForward(forward, params, undefined, { engine: 'onnxruntime', threads }))
        const { count, blocks } = rowBlocks(await onHost(inputs), rows)
        return onBackend(joinedRows(await Promise.all(blocks.map((block) => runArrays(block))), count))
      },
      async close() {
        await (await compiling?.catch(() => undefined))?.close()
      },
    }
  },
})

/** The tensors' numbers; the tensors are borrowed. */
async function onHost(tensors: Readonly<Record<string, Tensor>>): Promise<HostTensors> {
  const read = async ([name, value]: [string, Tensor]) => [name, { data: (await value.data()) as HostTensor['data'], shape: value.shape }] as const
  return Object.fromEntries(await Promise.all(Object.entries(tensors).map(read)))
}

/** Tensors of the active backend, owned by the caller. */
const onBackend = (arrays: HostTensors): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(arrays).map(([name, { data, shape }]) => [name, tensor(data, [...shape])]))
