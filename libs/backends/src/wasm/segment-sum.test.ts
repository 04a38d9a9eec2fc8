import { afterAll, beforeAll, expect, it } from 'vitest'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { installWasmSegmentSum } from './segment-sum'

let uninstall: () => void = () => undefined
beforeAll(async () => {
  await tf.setBackend('wasm')
  uninstall = installWasmSegmentSum()
})
afterAll(() => uninstall())

const sums = (x: tf.Tensor, ids: number[], count: number) => tf.tidy(() => tf.unsortedSegmentSum(x, tf.tensor1d(ids, 'int32'), count).arraySync())

it('adds the rows of each segment, whatever their order; empty segments are zero, ids out of range are left out', () => {
  expect(sums(tf.tensor2d([[1, 2], [3, 4], [5, 6], [7, 8], [9, 9]]), [2, 0, 2, -1, 4], 4)).toEqual([[3, 4], [0, 0], [6, 8], [0, 0]])
  expect(sums(tf.tensor1d([1, 2, 3], 'int32'), [1, 1, 0], 2)).toEqual([3, 3])
  expect(sums(tf.tensor3d([[[1], [2]], [[3], [4]]]), [0, 0], 1)).toEqual([[[4], [6]]])
})

it('is the gradient of gather: how often each row was taken', () => {
  const gradient = tf.grad((x) => tf.sum(tf.gather(x, tf.tensor1d([0, 2, 2, 2], 'int32'))))(tf.zeros([3, 2]))
  expect(gradient.arraySync()).toEqual([[1, 1], [0, 0], [3, 3]])
})

it('refuses ids that are not one per row', () => {
  expect(() => tf.engine().runKernel('UnsortedSegmentSum', { x: tf.zeros([3, 2]), segmentIds: tf.zeros([3, 1], 'int32') }, { numSegments: 2 }))
    .toThrow('segmentIds must have shape [3], one per row of x; got [3, 1]')
})

it('goes when its last holder gives it up', () => {
  uninstall()
  expect(tf.getKernel('UnsortedSegmentSum', 'wasm')).toBeUndefined() // if tfjs adds it, compare with it
  uninstall = installWasmSegmentSum()
  expect(tf.getKernel('UnsortedSegmentSum', 'wasm')).toBeDefined()
})
