import { conv2d, dispose, engine, eye, reshape, tidy, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { compile } from '../compile'
import type { OnnxDevice } from '../run/device'
import { elementTypeOf, type HostTensor } from '../run/host-tensor'
import { asTensor, type KernelCase } from './kernel-case.fixture'

/** The same images, brought through a convolution that changes nothing: so they lie channels first when the kernel gets them. */
export const channelsFirst = (x: Tensor): Tensor => {
  const channels = x.shape[3] as number
  return conv2d(x as Tensor4D, reshape(eye(channels), [1, 1, channels, channels]), 1, 'same')
}
/** Whether an operand is images of floats. */
export const isImages = (host: HostTensor): boolean => host.shape.length === 4 && host.data instanceof Float32Array
const named = <T>(list: readonly T[]): Record<string, T> => Object.fromEntries(list.map((each, i) => [String(i), each]))

/** Runs a case eagerly and compiled for a device, and compares. */
export async function judge({ kernel, operands, compute, ulps = 8, truth }: KernelCase, arranged: (x: Tensor) => Tensor, device: OnnxDevice): Promise<void> {
  const profile = await engine().profile(() => tidy(() => compute(...operands.map(asTensor))))
  expect(profile.kernelNames).toContain(kernel)
  const eager = [profile.result].flat() as Tensor[]
  const compiled = await compile((inputs) => {
    const tensors = Object.values(inputs)
    return named([compute(...tensors.map((x, i) => (isImages(operands[i]) ? arranged(x) : x)))].flat())
  }, undefined, { engine: 'onnxruntime', device, threads: 1 })
  try {
    const results = Object.values(await compiled.runArrays(named(operands)))
    expect(results.map((result) => [elementTypeOf(result), result.shape])).toEqual(eager.map(({ dtype, shape }) => [dtype, shape]))
    for (const [i, expected] of eager.entries()) expectClose(results[i].data, truth && i === 0 ? await truth(...operands) : await expected.data(), ulps)
  } finally {
    dispose(eager)
    await compiled.close()
  }
}

/** Each number within so many units in the last place of the largest; infinities, NaN, whole numbers and bools the very same. */
function expectClose(numbers: HostTensor['data'], expected: ArrayLike<number>, ulps: number): void {
  const finite = Array.from(expected).filter(Number.isFinite)
  const tolerance = numbers instanceof Float32Array ? ulps * 2 ** -23 * Math.max(0, ...finite.map(Math.abs)) : 0
  const wrong = Array.from(numbers).flatMap((number, i) => {
    const right = expected[i]
    const same = Object.is(number, right) || number === right || Math.abs(number - right) <= tolerance
    return same ? [] : [`at ${i}: ${number} for ${right}`]
  })
  expect(wrong, `tolerance ${tolerance}`).toEqual([])
}
