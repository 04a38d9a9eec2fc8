// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- only tests import this, and they use nearly every op
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { bools, floats, gradients, integers, kernelCase, listed, whole, type Computation, type KernelCase } from './kernel-case.fixture'

const images = [2, 3, 4, 5]

/** The axes that a reduction is tried on; images may lie either way round. */
const axesTried: readonly { readonly axis: number | number[] | undefined, readonly keepDims: boolean }[] = [
  { axis: undefined, keepDims: false }, { axis: undefined, keepDims: true }, { axis: -1, keepDims: false }, { axis: [1, 2], keepDims: false },
  { axis: [1, 2], keepDims: true }, { axis: [0, -1], keepDims: false }, { axis: 0, keepDims: true },
]

type Reduce = (x: Tensor, axis?: number | number[], keepDims?: boolean) => Tensor

const reduction = (kernel: string, compute: Reduce, operand: KernelCase['operands'][number], ulps: number): KernelCase[] =>
  axesTried.map(({ axis, keepDims }) => kernelCase(kernel, `over ${axis === undefined ? 'all axes' : `axes ${[axis].flat().join(', ')}`}${keepDims ? ', kept' : ''}`,
    [operand], (x) => compute(x, axis, keepDims), { ulps }))

// a sum of n numbers is off by up to n / 2 units in the last place of the sum of their magnitudes; magnitudes here are alike
const reductionCases: KernelCase[] = [
  ...reduction('Sum', tf.sum, floats(images, [0.5, 2]), 60), kernelCase('Sum', 'of whole numbers', [integers([3, 4])], (x) => tf.sum(x, 0)),
  kernelCase('Sum', 'counts trues', [bools([7])], (x) => tf.sum(x)), kernelCase('Sum', 'its gradient', [floats(images)], gradients((x) => tf.sum(x, [1, 2]))),
  kernelCase('Sum', 'over no axis', [floats(images)], (x) => tf.sum(x, [])),
  ...reduction('Mean', tf.mean, floats(images, [0.5, 2]), 60), kernelCase('Mean', 'of whole numbers, which is a float', [integers([3, 4])], (x) => tf.mean(x, 0)),
  kernelCase('Mean', 'its gradient', [floats(images)], gradients((x) => tf.mean(x, -1))),
  ...reduction('Prod', tf.prod, floats(images, [0.9, 1.1]), 240), kernelCase('Prod', 'of whole numbers', [integers([3, 4])], (x) => tf.prod(x, 1)),
  ...reduction('Max', tf.max, floats(images), 0), kernelCase('Max', 'of whole numbers', [integers([3, 4])], (x) => tf.max(x, 0)),
  kernelCase('Max', 'of bools', [bools([3, 2])], (x) => tf.max(x, 0)), kernelCase('Max', 'its gradient', [floats(images)], gradients((x) => tf.max(x, [1, 3]))),
  ...reduction('Min', tf.min, floats(images), 0), kernelCase('Min', 'of whole numbers', [integers([3, 4])], (x) => tf.min(x, 1)),
  kernelCase('Min', 'its gradient', [floats(images)], gradients((x) => tf.min(x, 0))),
  ...reduction('All', tf.all, bools(images), 0), ...reduction('Any', tf.any, bools(images), 0),
  kernelCase('ArgMax', 'of images', [floats(images)], (x) => [tf.argMax(x, -1), tf.argMax(x, 1)]),
  kernelCase('ArgMax', 'the first of equal ones', [listed(1, 3, 3, 2)], (x) => tf.argMax(x)),
  kernelCase('ArgMin', 'of images', [floats(images)], (x) => [tf.argMin(x, 3), tf.argMin(x, 0)]),
  kernelCase('ArgMin', 'of whole numbers', [whole(2, 1, 1)], (x) => tf.argMin(x)),
]

const everyWay = (compute: (x: Tensor, axis: number, exclusive: boolean, reverse: boolean) => Tensor): Computation => (x) =>
  [[0, false, false], [3, true, false], [2, false, true], [1, true, true]].map(([axis, exclusive, reverse]) => compute(x, axis as number, exclusive as boolean, reverse as boolean))

const scanCases: KernelCase[] = [
  kernelCase('Cumsum', 'along every axis, exclusive, in reverse', [floats(images, [0.5, 2])], everyWay(tf.cumsum)),
  kernelCase('Cumsum', 'of whole numbers', [integers([7])], (x) => tf.cumsum(x)),
  kernelCase('Cumsum', 'its gradient', [floats([2, 5])], gradients((x) => tf.cumsum(x, 1))),
  kernelCase('Cumprod', 'along every axis, exclusive, in reverse', [floats(images, [0.5, 2])], everyWay(tf.cumprod)),
  kernelCase('Cumprod', 'of whole numbers', [integers([2, 7], [1, 4])], (x) => tf.cumprod(x, 1)),
]

const places = (...numbers: number[]) => whole(...numbers)
const table = (rows: number[][]) => ({ ...whole(...rows.flat()), shape: [rows.length, rows[0].length] })

const movementCases: KernelCase[] = [
  kernelCase('Reshape', 'of images: to rows, to pixels, to groups of channels', [floats([2, 3, 4, 6])],
    (x) => [tf.reshape(x, [2, -1]), tf.reshape(x, [2, 12, 6]), tf.reshape(x, [2, 12, 2, 3]), tf.reshape(x, [144])]),
  kernelCase('Reshape', 'its gradient', [floats([2, 6])], gradients((x) => tf.square(tf.reshape(x, [3, 4])))),
  kernelCase('Transpose', 'of images', [floats(images)], (x) => [tf.transpose(x), tf.transpose(x, [0, 3, 1, 2]), tf.transpose(x, [3, 1, 0, 2])]),
  kernelCase('Transpose', 'its gradient', [floats([2, 3, 4])], gradients((x) => tf.square(tf.transpose(x, [2, 0, 1])))),
  kernelCase('Concat', 'of images along each axis', [floats(images), floats(images, [3, 4], 2)], (a, b) => [0, 1, 2, -1].map((axis) => tf.concat([a, b], axis))),
  kernelCase('Concat', 'its gradients', [floats([2, 3]), floats([2, 2])], gradients((a, b) => tf.square(tf.concat([a, b], 1)))),
  kernelCase('SplitV', 'of images along each axis', [floats([2, 4, 4, 6])], (x) => [...tf.split(x, 2, 0), ...tf.split(x, [1, 3], 1), ...tf.split(x, [1, 2, -1], -1)]),
  kernelCase('SplitV', 'its gradient', [floats([2, 6])], gradients((x) => tf.sub(...(tf.split(x, 2, 1) as [Tensor, Tensor])))),
  kernelCase('ExpandDims', 'anywhere', [floats([2, 3])], (x) => [tf.expandDims(x), tf.expandDims(x, 1), tf.expandDims(x, -1)]),
  kernelCase('Pack', 'of images, anywhere', [floats(images), floats(images, [3, 4], 2)], (a, b) => [tf.stack([a, b]), tf.stack([a, b], 2), tf.stack([a, b], -1), tf.stack([a])]),
  kernelCase('Pack', 'its gradients', [floats([2, 3]), floats([2, 3], [-1, 1], 2)], gradients((a, b) => tf.square(tf.stack([a, b], 1)))),
  kernelCase('Unpack', 'of images, anywhere', [floats(images)], (x) => [...tf.unstack(x), ...tf.unstack(x, 1), ...tf.unstack(x, -1)]),
  kernelCase('Unpack', 'of a single row', [floats([1, 3])], (x) => tf.unstack(x)),
  kernelCase('Unpack', 'its gradient', [floats([2, 3])], gradients((x) => tf.mul(...(tf.unstack(x) as [Tensor, Tensor])))),
  kernelCase('Slice', 'of images', [floats(images)], (x) => [tf.slice(x, [1, 0, 1, 2], [1, 2, 3, 2]), tf.slice(x, [0, 1]), tf.slice(x, 1, 1), tf.slice(x, [0, 0, 0, 3], [-1, -1, -1, -1])]),
  kernelCase('Slice', 'its gradient', [floats(images)], gradients((x) => tf.square(tf.slice(x, [0, 1, 1, 1], [2, 2, 2, 3])))),
  kernelCase('StridedSlice', 'in steps, forwards and backwards', [floats(images)],
    (x) => [tf.stridedSlice(x, [0, 0, 3, 4], [2, 3, 0, 0], [1, 2, -1, -2]), tf.stridedSlice(x, [0, 0, 0, 0], [2, 3, 4, 5], [1, 1, 2, 3])]),
  kernelCase('StridedSlice', 'with bounds left out, axes added and taken away', [floats([4, 5])],
    (x) => [tf.stridedSlice(x, [1, 4], [3, 1], [1, -1], 1, 2), tf.stridedSlice(x, [1, 0], [3, 5], [1, 1], 0, 0, 0, 0, 1), tf.stridedSlice(x, [0, 1], [0, 4], [1, 2], 0, 0, 0, 1)]),
  kernelCase('StridedSlice', 'with an axis taken away, in steps along another', [floats([4, 5])], (x) => tf.stridedSlice(x, [1, 0], [3, 5], [1, 2], 0, 0, 0, 0, 1),
    { truth: ({ data }) => [5, 7, 9].map((place) => data[place]) }), // TensorFlow.js' cpu backend gives numbers of the first row
  kernelCase('StridedSlice', 'the whole backwards', [listed(1, 2, 3)], (x) => tf.stridedSlice(x, [0], [0], [-1], 1, 1)),
  kernelCase('Reverse', 'of images', [floats(images)], (x) => [tf.reverse(x), tf.reverse(x, 0), tf.reverse(x, [1, -1])]),
  kernelCase('Reverse', 'its gradient', [floats([2, 3])], gradients((x) => tf.square(tf.reverse(x, 1)))),
  kernelCase('PadV2', 'of images', [floats(images)], (x) => [tf.pad(x, [[0, 0], [1, 2], [0, 1], [3, 0]]), tf.pad(x, [[1, 0], [0, 0], [0, 0], [0, 1]], -1.5)]),
  kernelCase('PadV2', 'of whole numbers and bools', [integers([3]), bools([3])], (x, y) => [tf.pad(x, [[1, 2]], 7), tf.pad(y, [[1, 2]])]),
  kernelCase('PadV2', 'its gradient', [floats([2, 3])], gradients((x) => tf.square(tf.pad(x, [[1, 0], [0, 2]])))),
  kernelCase('MirrorPad', 'of images, with the border once and twice', [floats(images)],
    (x) => (['reflect', 'symmetric'] as const).map((mode) => tf.mirrorPad(x, [[0, 0], [1, 2], [2, 1], [0, 1]], mode))),
  kernelCase('Tile', 'of images', [floats(images)], (x) => [tf.tile(x, [2, 1, 1, 1]), tf.tile(x, [1, 2, 1, 3])]),
  kernelCase('Tile', 'of one row, which is broadcast', [floats([1, 3]), floats([4, 3])], (x, y) => [tf.tile(x, [4, 1]), tf.mul(tf.broadcastTo(x, [4, 3]), y)]),
  kernelCase('Tile', 'of bools', [bools([3])], (x) => tf.tile(x, [2])),
  kernelCase('Tile', 'its gradient', [floats([2, 3])], gradients((x) => tf.square(tf.tile(x, [2, 2])))),
  kernelCase('SpaceToBatchND', 'of images', [floats([2, 4, 5, 3])], (x) => tf.spaceToBatchND(x, [2, 3], [[0, 0], [1, 0]])),
  kernelCase('BatchToSpaceND', 'of images', [floats([12, 2, 3, 2])], (x) => tf.batchToSpaceND(x, [2, 3], [[1, 0], [0, 2]])),
  kernelCase('DepthToSpace', 'of images', [floats([2, 2, 3, 8])], (x) => tf.depthToSpace(x as Tensor4D, 2)),
]

const gatherCases: KernelCase[] = [
  kernelCase('GatherV2', 'of images along each axis', [floats(images), places(1, 0, 2)], (x, i) => [1, 2, -1].map((axis) => tf.gather(x, i as Tensor1D, axis))),
  kernelCase('GatherV2', 'by a matrix of places', [floats([4, 3]), table([[1, 0], [3, 3]])], (x, i) => tf.gather(x, i as Tensor1D)),
  kernelCase('GatherV2', 'per sample', [floats([2, 3, 4]), table([[1, 0, 3], [2, 2, 0]])], (x, i) => tf.gather(x, i as Tensor1D, 2, 1)),
  kernelCase('GatherV2', 'per sample, right behind the batch', [floats(images), table([[1, 0], [2, 2]])], (x, i) => tf.gather(x, i as Tensor1D, 1, 1)),
  kernelCase('GatherV2', 'of bools and whole numbers', [bools([4]), integers([4]), places(3, 1)], (x, y, i) => [tf.gather(x, i as Tensor1D), tf.gather(y, i as Tensor1D)]),
  kernelCase('GatherNd', 'of images', [floats(images), table([[1, 0, 2], [0, 2, 3]])], tf.gatherND),
  kernelCase('OneHot', 'with places that are none', [places(0, 2, -1, 3)], (i) => tf.oneHot(i, 3)),
  kernelCase('OneHot', 'with other numbers, as whole numbers', [table([[0, 1], [2, 0]])], (i) => tf.oneHot(i, 3, 5, -2, 'int32')),
  kernelCase('TopK', 'of rows', [floats([3, 6])], (x) => Object.values(tf.topk(x, 4))),
  kernelCase('TopK', 'the first of equal ones', [listed(1, 3, 3, 2, 3)], (x) => Object.values(tf.topk(x, 2))),
  kernelCase('ScatterNd', 'rows, one of them twice', [table([[1], [0], [1]]), floats([3, 4])], (i, x) => tf.scatterND(i, x, [3, 4])),
  kernelCase('ScatterNd', 'by two axes, of whole numbers', [table([[1, 0], [0, 2], [1, 0]]), integers([3])], (i, x) => tf.scatterND(i, x, [2, 3])),
  kernelCase('TensorScatterUpdate', 'rows', [floats([4, 3]), table([[2], [0]]), floats([2, 3], [5, 6])], (x, i, y) => tf.tensorScatterUpdate(x, i, y)),
  kernelCase('UnsortedSegmentSum', 'with places that are none', [floats([5, 3]), places(1, 0, 1, -1, 7)], (x, i) => tf.unsortedSegmentSum(x, i as Tensor1D, 3)),
  kernelCase('UnsortedSegmentSum', 'the gradient of gather', [floats([4, 3])], gradients((x) => tf.square(tf.gather(x, tf.tensor1d([1, 1, 3], 'int32'))))),
]

const fillingCases: KernelCase[] = [
  kernelCase('Fill', 'of each type', [], () => [tf.fill([2, 3], 1.5), tf.fill([2], 7, 'int32'), tf.zeros([2], 'bool')]),
  kernelCase('ZerosLike', 'of images', [floats(images), integers([2])], (x, y) => [tf.zerosLike(x), tf.zerosLike(y)]),
  kernelCase('OnesLike', 'of images', [floats(images), integers([2])], (x, y) => [tf.onesLike(x), tf.onesLike(y)]),
  kernelCase('Range', 'up, down, in steps, of each type, and empty', [], () => [tf.range(0, 5), tf.range(5, 0), tf.range(0, 1, 0.3), tf.range(9, 2, -3, 'int32')]),
  kernelCase('LinSpace', 'of floats', [], () => [tf.linspace(0, 1, 11), tf.linspace(3, -1, 4), tf.linspace(2, 5, 1)]),
]

/** Cases of kernels that gather numbers, move them, or make them. */
export const shapeCases: readonly KernelCase[] = [...reductionCases, ...scanCases, ...movementCases, ...gatherCases, ...fillingCases]
