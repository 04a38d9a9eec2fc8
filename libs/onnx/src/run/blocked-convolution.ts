import { blockModel, convolutionModel, type CheckModel } from './blocked-check-model'
import type { HostTensor } from './host-tensor'
import { openSession } from './session'
import { holdSharedWorker } from './shared-worker'

/** What is known of onnxruntime's blocked convolutions here: channels per block, or why they are not to be used. */
export type BlockedConvolutionSupport = { readonly block: 8 | 16 } | { readonly unavailable: string }

/** A sum of 9 · 32 products rounds to about √288 · 6e-8 = 1e-6 of its largest; a wrong one is wrong in the first digit. */
const tolerance = 1e-5

let probed: Promise<BlockedConvolutionSupport> | undefined

/**
 * Tries out the internal operators `com.microsoft.nchwc`, by which onnxruntime convolves about twice as fast where a filter is
 * no constant. They are undocumented, so nothing is taken for granted: the block is read off images that are brought into it
 * (16 on processors with AVX-512, else 8), and each kind of convolution that graphs are lowered to is made both ways and must agree
 * to 1e-5 of its largest number. Tried once for the process, in about 0.1 s; never throws.
 *
 * It runs in the worker thread and not in a process of its own, though onnxruntime can end the process on a malformed graph rather
 * than throw. These graphs are well formed by ONNX's rules whatever the operators do; where a processor or a version has none, opening
 * throws; and each run of the library would pay for another process and a second loading of onnxruntime.
 *
 * @returns the block, or a sentence that says why blocked convolutions are not to be used.
 */
export function probeBlockedConvolution(): Promise<BlockedConvolutionSupport> {
  return (probed ??= probe())
}

async function probe(): Promise<BlockedConvolutionSupport> {
  const { release } = holdSharedWorker() // one worker for both models
  try {
    return await checkBlockedConvolution(runOnce)
  } catch (error) {
    return { unavailable: error instanceof Error ? error.message : String(error) }
  } finally {
    await release()
  }
}

/**
 * The check itself, with whatever runs a model.
 *
 * @throws what `run` throws, such as where the operators are not known.
 */
export async function checkBlockedConvolution(run: (model: CheckModel) => Promise<Record<string, HostTensor>>): Promise<BlockedConvolutionSupport> {
  const { blocked } = await run(blockModel())
  const block = blocked === undefined ? undefined : ([8, 16] as const).find((size) => liesInBlocks(blocked.data, size))
  if (block === undefined) return { unavailable: 'onnxruntime brings images into blocks of channels that are neither 8 nor 16.' }

  const outputs = await run(convolutionModel(block))
  for (const [name, plain] of Object.entries(outputs)) {
    const kind = name.replace(/\.plain$/, '')
    const inBlocks = outputs[`${kind}.blocked`]
    if (kind === name || inBlocks === undefined) continue
    const error = relativeError(inBlocks, plain)
    if (!(error <= tolerance)) {
      return { unavailable: `onnxruntime's blocked convolution must agree with its plain one to ${tolerance}; '${kind}' differs by ${error.toExponential(1)}.` }
    }
  }
  return { block }
}

async function runOnce({ model, feeds }: CheckModel): Promise<Record<string, HostTensor>> {
  const session = await openSession(model)
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

/** Whether images (1, channels, 1, 2) that were numbered as they lie now lie in blocks: (block index, pixel, channel within it). */
function liesInBlocks(data: HostTensor['data'], block: number): boolean {
  return data.every((value, i) => {
    const [index, pixel, channel] = [Math.floor(i / (2 * block)), Math.floor(i / block) % 2, i % block]
    return value === 2 * (index * block + channel) + pixel
  })
}

/** The largest difference over the largest of the numbers that ought to come out. */
function relativeError({ data }: HostTensor, expected: HostTensor): number {
  let [difference, largest] = [data.length === expected.data.length ? 0 : Infinity, 0]
  expected.data.forEach((value, i) => {
    const off = Math.abs(value - (data[i] ?? NaN))
    difference = off <= difference ? difference : off // keeps NaN
    largest = Math.max(largest, Math.abs(value))
  })
  return difference / largest
}
