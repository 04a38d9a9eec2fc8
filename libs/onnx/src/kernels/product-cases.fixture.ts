// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- only tests import this, and they use nearly every op
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import type { HostTensor } from '../run/host-tensor'
import { floats, gradients, integers, kernelCase, linearGradient, type KernelCase } from './kernel-case.fixture'

const matrixCases: KernelCase[] = [
  ...[[false, false], [true, false], [false, true], [true, true]].map(([a, b]) => kernelCase('BatchMatMul', `of matrices${a ? ', first transposed' : ''}${b ? ', second transposed' : ''}`,
    [floats(a ? [4, 3] : [3, 4]), floats(b ? [5, 4] : [4, 5], [-2, 2], 2)], (x, y) => tf.matMul(x, y, a, b))),
  ...[[false, false], [true, false], [false, true], [true, true]].map(([a, b]) => kernelCase('BatchMatMul', `of stacks${a ? ', first transposed' : ''}${b ? ', second transposed' : ''}`,
    [floats(a ? [2, 4, 3] : [2, 3, 4]), floats(b ? [2, 5, 4] : [2, 4, 5], [-2, 2], 2)], (x, y) => tf.matMul(x, y, a, b))),
  kernelCase('BatchMatMul', 'of a stack and one matrix', [floats([2, 3, 4]), floats([1, 4, 5])], (x, y) => tf.matMul(x, y)),
  kernelCase('BatchMatMul', 'of images as stacks of stacks', [floats([2, 3, 4, 5]), floats([2, 3, 5, 2])], (x, y) => tf.matMul(x, y)),
  kernelCase('BatchMatMul', 'of a turned matrix', [floats([3, 4]), floats([3, 5])], (x, y) => tf.matMul(tf.transpose(x), y)),
  kernelCase('BatchMatMul', 'its gradients', [floats([2, 3, 4]), floats([2, 4, 5])], gradients((x, y) => tf.matMul(x, y)), { ulps: 16 }),
  kernelCase('Einsum', 'a product, a sum, a turn', [floats([3, 4]), floats([4, 5])], (x, y) => [tf.einsum('ij,jk->ki', x, y), tf.einsum('ij->j', x), tf.einsum('ij, jk->ijk', x, y)]),
  kernelCase('Einsum', 'of images', [floats([2, 3, 4, 5]), floats([2, 3, 6, 5])], (x, y) => tf.einsum('bhqc,bhkc->bhqk', x, y)),
  kernelCase('Softmax', 'of images over channels', [floats([2, 3, 4, 5])], (x) => tf.softmax(x)),
  kernelCase('Softmax', 'of large numbers', [floats([2, 3], [500, 900])], (x) => tf.softmax(x)),
  kernelCase('Softmax', 'its gradient', [floats([2, 5])], gradients((x) => tf.softmax(x)), { ulps: 32 }),
  kernelCase('Softmax', 'and the logarithm of it, which needs no kernel', [floats([2, 5])], (x) => [tf.logSoftmax(x), tf.softmax(x)]),
  kernelCase('_FusedMatMul', 'with each activation', [floats([3, 4]), floats([4, 5]), floats([5])],
    (a, b, bias) => (['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).map((activation) => tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.3 }))),
  kernelCase('_FusedMatMul', 'with slopes that are learnt', [floats([3, 4]), floats([5, 4]), floats([5])],
    (a, b, weights) => tf.fused.matMul({ a, b, transposeB: true, activation: 'prelu', preluActivationWeights: weights })),
  kernelCase('FusedBatchNorm', 'of images', [floats([2, 3, 4, 5]), floats([5]), floats([5], [0.5, 2]), floats([5], [1, 2], 3), floats([5], [1, 2], 4)],
    (x, mean, variance, offset, scale) => [tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D, offset as Tensor1D, scale as Tensor1D), tf.batchNorm(x, mean as Tensor1D, variance as Tensor1D)], { ulps: 16 }),
]

type Pad = number | 'same' | 'valid'
interface Shape {
  readonly name: string
  readonly images: readonly number[]
  readonly window: readonly [number, number]
  readonly strides: [number, number] | number
  readonly pad: Pad
  readonly dilations?: [number, number]
}

/** Windows that are told apart by the code: odd and even, with rows that no window reaches, on images that are not square. */
const windows: readonly Shape[] = [
  { name: '3×3, same', images: [2, 5, 6, 3], window: [3, 3], strides: 1, pad: 'same' },
  { name: '3×3, valid', images: [2, 5, 6, 3], window: [3, 3], strides: 1, pad: 'valid' },
  { name: '1×1', images: [2, 4, 3, 3], window: [1, 1], strides: 1, pad: 'valid' },
  { name: '1×1 in steps of 2', images: [2, 4, 5, 3], window: [1, 1], strides: 2, pad: 'valid' },
  { name: '3×3 in steps of 2, same', images: [2, 6, 5, 3], window: [3, 3], strides: 2, pad: 'same' },
  { name: '3×3 in steps of 2, valid, a row left over', images: [2, 6, 7, 3], window: [3, 3], strides: 2, pad: 'valid' },
  { name: '3×3 in steps of 2, one zero around', images: [2, 6, 7, 3], window: [3, 3], strides: 2, pad: 1 },
  { name: '2×3 in steps of (2, 1), same', images: [2, 5, 6, 3], window: [2, 3], strides: [2, 1], pad: 'same' },
]
/** Windows that at the border lie in zeros only. */
const beyond: readonly Shape[] = [
  { name: '1×1, one zero around', images: [2, 3, 4, 3], window: [1, 1], strides: 1, pad: 1 },
  { name: '2×2, three zeros around', images: [2, 3, 4, 3], window: [2, 2], strides: 1, pad: 3 },
]
const dilated: readonly Shape[] = [
  { name: '3×3 two apart, same', images: [2, 6, 7, 3], window: [3, 3], strides: 1, pad: 'same', dilations: [2, 2] },
  { name: '3×2 (2, 1) apart, valid', images: [2, 7, 6, 3], window: [3, 2], strides: 1, pad: 'valid', dilations: [2, 1] },
]

const filterOf = ({ window, images }: Shape, outs: number): HostTensor => floats([...window, images[3], outs], [-1, 1], 7)
/** How many numbers a gradient of a filter sums up: its rounding grows with that. */
const depth = ({ images: [batch, height, width] }: Shape): number => batch * height * width

/** Convolutions and both their gradients; images with few and with many channels, which are computed differently. */
const convolution = (shape: Shape, outs: number): KernelCase[] => {
  const compute = (x: Tensor, filter: Tensor) => tf.conv2d(x as Tensor4D, filter as Tensor4D, shape.strides, shape.pad, 'NHWC', shape.dilations ?? 1)
  const operands = [floats(shape.images), filterOf(shape, outs)]
  const name = `${shape.name}, ${shape.images[3]} channels to ${outs}`
  return [
    kernelCase('Conv2D', name, operands, compute, { ulps: 32 }),
    ...(shape.dilations ? [] : [ // TensorFlow.js has no gradient of dilated convolutions
      kernelCase('Conv2DBackpropInput', name, operands, gradients(compute), { ulps: 32 + depth(shape) }),
      kernelCase('Conv2DBackpropFilter', name, operands, gradients(compute), { ulps: 32 + depth(shape) }),
    ]),
  ]
}
const withChannels = (shape: Shape, channels: number): Shape => ({ ...shape, images: [...shape.images.slice(0, 3), channels] })

const depthwise = (shape: Shape): KernelCase[] => {
  const compute = (x: Tensor, filter: Tensor) => tf.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, shape.strides, shape.pad, 'NHWC', shape.dilations ?? 1)
  const operands = [floats(shape.images), filterOf(shape, 2)]
  return [
    kernelCase('DepthwiseConv2dNative', shape.name, operands, compute, { ulps: 32 }),
    ...(shape.dilations ? [] : [ // TensorFlow.js has no gradient of dilated convolutions
      kernelCase('DepthwiseConv2dNativeBackpropInput', shape.name, operands, gradients(compute), { ulps: 32 + depth(shape) }),
      kernelCase('DepthwiseConv2dNativeBackpropFilter', shape.name, operands, gradients(compute), { ulps: 32 + depth(shape) }),
    ]),
  ]
}

const convolutionCases: KernelCase[] = [
  ...[...windows, ...beyond].flatMap((shape) => convolution(shape, 4)),
  ...dilated.flatMap((shape) => convolution(shape, 4)),
  ...windows.flatMap((shape) => convolution(withChannels(shape, 9), 8)), // dY is slid over X where there are fewer channels out than in, and at least 8
  ...windows.flatMap((shape) => convolution(withChannels(shape, 8), 9)),
  ...[...windows, ...dilated].filter(({ strides }) => !Array.isArray(strides)).flatMap(depthwise), // TensorFlow.js' cpu backend takes one stride only
  kernelCase('Conv2D', 'rounded up where a window reaches over the border', [floats([2, 6, 6, 3]), floats([3, 3, 3, 2])], (x, filter) => tf.conv2d(x as Tensor4D, filter as Tensor4D, 2, 1, 'NHWC', 1, 'ceil'), { ulps: 32 }),
  kernelCase('Conv2DBackpropInput', 'as a transposed convolution', [floats([2, 3, 4, 5]), floats([3, 3, 2, 5])],
    (x, filter) => tf.conv2dTranspose(x as Tensor4D, filter as Tensor4D, [2, 6, 8, 2], 2, 'same'), { ulps: 64 }),
  kernelCase('FusedConv2D', 'with each activation', [floats([2, 4, 5, 3]), floats([3, 3, 3, 4]), floats([4])],
    (x, filter, bias) => (['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu'] as const).map((activation) =>
      tf.fused.conv2d({ x: x as Tensor4D, filter: filter as Tensor4D, strides: 1, pad: 'same', bias, activation, leakyreluAlpha: 0.3 })), { ulps: 32 }),
  kernelCase('FusedConv2D', 'with slopes that are learnt', [floats([2, 4, 5, 3]), floats([3, 3, 3, 4]), floats([4])],
    (x, filter, weights) => tf.fused.conv2d({ x: x as Tensor4D, filter: filter as Tensor4D, strides: 2, pad: 'same', activation: 'prelu', preluActivationWeights: weights }), { ulps: 32 }),
  kernelCase('FusedDepthwiseConv2D', 'with a bias and an activation', [floats([2, 4, 5, 3]), floats([3, 3, 3, 2]), floats([6])],
    (x, filter, bias) => tf.fused.depthwiseConv2d({ x: x as Tensor4D, filter: filter as Tensor4D, strides: 1, pad: 'same', bias, activation: 'relu' }), { ulps: 32 }),
]

const poolings = windows.filter(({ window: [rows] }) => rows > 1).concat([
  { name: '2×2 side by side', images: [2, 4, 6, 3], window: [2, 2], strides: 2, pad: 'valid' },
  { name: '2×2 side by side, a column left over', images: [2, 4, 7, 3], window: [2, 2], strides: 2, pad: 'valid' },
])

/** TensorFlow.js' cpu backend divides a mean's gradient by the whole window also where the border cuts it; the derivative is by what is left. */
const pooling = (shape: Shape): KernelCase[] => {
  const { images, window, strides, pad } = shape
  const mean = (x: Tensor) => tf.avgPool(x as Tensor4D, [...window], strides, pad)
  const largest = (x: Tensor) => tf.maxPool(x as Tensor4D, [...window], strides, pad)
  return [
    kernelCase('AvgPool', shape.name, [floats(images)], mean),
    kernelCase('MaxPool', shape.name, [floats(images)], largest, { ulps: 0 }),
    kernelCase('AvgPoolGrad', shape.name, [floats(images)], gradients(mean), { ulps: 16, truth: linearGradient(mean) }),
    kernelCase('MaxPoolGrad', shape.name, [floats(images)], gradients(largest), { ulps: 16 }),
  ]
}

const poolingCases: KernelCase[] = [
  ...poolings.flatMap(pooling),
  kernelCase('AvgPool', 'rounded up where a window reaches over the border', [floats([1, 5, 6, 2])], (x) => tf.avgPool(x as Tensor4D, 2, 2, 0, 'ceil')),
  kernelCase('MaxPool', 'rounded up where a window reaches over the border', [floats([1, 5, 6, 2])], (x) => tf.maxPool(x as Tensor4D, 2, 2, 0, 'ceil')),
  kernelCase('MaxPool', 'of whole numbers', [integers([1, 4, 4, 2])], (x) => tf.maxPool(x as Tensor4D, 2, 2, 'valid')),
  kernelCase('MaxPoolGrad', 'to the first of equal ones', [floats([1, 4, 4, 2], [1, 1])], gradients((x) => tf.maxPool(x as Tensor4D, 3, 1, 'same')), { ulps: 16 }),
]

const manners = [{ alignCorners: false, half: false }, { alignCorners: true, half: false }, { alignCorners: false, half: true }]
const sizes: readonly [from: readonly number[], to: [number, number]][] = [
  [[2, 3, 4, 2], [6, 12]], [[2, 3, 4, 2], [5, 7]], [[2, 5, 6, 2], [3, 4]], [[2, 4, 6, 2], [1, 1]], [[2, 3, 4, 2], [3, 4]],
]

/**
 * Gradients are held against what resizing makes of single pixels: TensorFlow.js' cpu backend takes the images' stride for dy's where there are
 * several samples (nearest), knows nothing of half pixels (both), and exchanges height and width (bilinear).
 */
const resizingCases: KernelCase[] = sizes.flatMap(([from, to]) => manners.flatMap(({ alignCorners, half }) => {
  const name = `(${from.slice(1, 3).join(', ')}) to (${to.join(', ')})${alignCorners ? ', corners aligned' : ''}${half ? ', from the middle of pixels' : ''}`
  const near = (x: Tensor) => tf.image.resizeNearestNeighbor(x as Tensor4D, to, alignCorners, half)
  const smooth = (x: Tensor) => tf.image.resizeBilinear(x as Tensor4D, to, alignCorners, half)
  const square = from[1] === from[2]
  return [
    kernelCase('ResizeNearestNeighbor', name, [floats(from)], near, { ulps: 0 }),
    kernelCase('ResizeBilinear', name, [floats(from)], smooth),
    kernelCase('ResizeNearestNeighborGrad', name, [floats(from)], gradients(near), { ulps: 32, truth: linearGradient(near) }),
    ...(square ? [kernelCase('ResizeBilinearGrad', name, [floats(from)], gradients(smooth), { ulps: 32, truth: linearGradient(smooth) })] : []),
  ]
}))

const squareSizes: KernelCase[] = manners.flatMap(({ alignCorners, half }) => {
  const smooth = (x: Tensor) => tf.image.resizeBilinear(x as Tensor4D, [5, 7], alignCorners, half)
  const name = `(3, 3) to (5, 7)${alignCorners ? ', corners aligned' : ''}${half ? ', from the middle of pixels' : ''}`
  return [kernelCase('ResizeBilinearGrad', name, [floats([2, 3, 3, 2])], gradients(smooth), { ulps: 32, truth: linearGradient(smooth) })]
})

/** Cases of kernels that multiply and add: products, convolutions, pooling, resizing. */
export const productCases: readonly KernelCase[] = [...matrixCases, ...convolutionCases, ...poolingCases, ...resizingCases, ...squareSizes]
