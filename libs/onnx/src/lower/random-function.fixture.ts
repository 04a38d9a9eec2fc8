// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- only tests import this, and they use nearly every op
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'

/** A function that is made of choices: the shape that it begins with, and two numbers for each step. */
export interface RandomFunction {
  /** Which of {@link shapes} it begins with. */
  readonly shape: number
  /** Which of the steps that fit the tensor so far comes next, and how. */
  readonly steps: readonly (readonly [which: number, how: number])[]
}

/** Shapes that functions begin with: one of each rank, and images with channels that fit in a block, do so twice, or do not, and with samples that do. */
export const shapes: readonly (readonly number[])[] = [[6], [3, 4], [2, 3, 4], [2, 4, 4, 3], [2, 4, 5, 16], [1, 4, 4, 32], [1, 5, 4, 6], [16, 3, 2, 16]]

/** How many numbers there are to take filters and matrices from. */
export const weightCount = 3 * 3 * 32 * 32

/** What a step has to work with. */
interface Context {
  readonly weights: Tensor1D
  /** Tensors of the same shape from before. */
  readonly earlier: readonly Tensor[]
  readonly how: number
}

/** A step and the tensors that it fits. */
interface Step {
  readonly fits: (x: Tensor) => boolean
  readonly take: (x: Tensor, context: Context) => Tensor
}

const always = () => true
const rank = (...ranks: number[]) => ({ rank: own }: Tensor) => ranks.includes(own)
const isImages = (x: Tensor): boolean => x.rank === 4 && Math.min(...x.shape.slice(1, 3)) >= 2
const pick = <T>(list: readonly T[], how: number): T => list[how % list.length]
const last = ({ shape }: Tensor): number => shape[shape.length - 1]

/** A part of the weights in some shape, scaled so that what is multiplied by it stays as large as it is. */
function weightsOf({ weights, how }: Context, shape: readonly number[], fanIn: number): Tensor {
  const count = shape.reduce((product, length) => product * length, 1)
  const start = how % Math.max(1, weightCount - count)
  return tf.mul(tf.reshape(tf.slice(weights, [start], [count]), [...shape]), 1 / Math.sqrt(fanIn))
}

const functions: readonly ((x: Tensor) => Tensor)[] = [
  tf.tanh, tf.sigmoid, tf.sin, tf.cos, tf.softplus, tf.elu, tf.relu, tf.abs, tf.atan, tf.erf, tf.neg, (x) => tf.leakyRelu(x, 0.2), (x) => tf.clipByValue(x, -0.7, 0.6),
  (x) => tf.mul(x, tf.sigmoid(x)), (x) => tf.tanh(tf.square(x)), (x) => tf.exp(tf.neg(tf.square(x))), (x) => tf.log(tf.add(tf.square(x), 1)), (x) => tf.rsqrt(tf.add(tf.square(x), 1)),
]

const filters: readonly { readonly size: number, readonly strides: number, readonly pad: 'same' | 'valid' }[] = [
  { size: 3, strides: 1, pad: 'same' }, { size: 1, strides: 1, pad: 'valid' }, { size: 2, strides: 2, pad: 'valid' }, { size: 3, strides: 2, pad: 'same' }, { size: 2, strides: 1, pad: 'same' },
]

const arithmetic: readonly Step[] = [
  { fits: always, take: (x, { how }) => pick(functions, how)(x) },
  { fits: always, take: (x, { how }) => pick(functions, how)(x) },
  { fits: always, take: (x, { how, earlier }) => pick([tf.add, tf.sub, tf.mul, tf.maximum, tf.squaredDifference], how)(x, pick(earlier, how >> 3)) },
  { fits: always, take: (x, context) => tf.add(x, weightsOf(context, [last(x)], 1)) },
  { fits: always, take: (x, context) => tf.mul(x, weightsOf(context, [last(x)], 1)) },
  { fits: always, take: (x, { how }) => tf.sub(tf.mul(x, pick([0.5, 1, -1.5], how)), pick([0, 0.25], how >> 2)) },
  { fits: always, take: (x) => tf.softmax(x) },
  { fits: rank(2, 3, 4), take: (x, { how }) => tf.sub(x, tf.mean(x, how % x.rank, true)) },
  { fits: always, take: (x) => tf.div(x, tf.sqrt(tf.add(tf.mean(tf.square(x), -1, true), 0.5))) },
  { fits: rank(4), take: (x, context) => tf.mul(x, tf.add(tf.mean(x, [1, 2], true), weightsOf(context, [last(x)], 1))) },
  { fits: rank(2, 3, 4), take: (x, { how }) => pick([tf.sum, tf.mean, tf.max, tf.min], how)(x, (how >> 2) % x.rank) },
  { fits: rank(4), take: (x, { how }) => pick([tf.mean, tf.sum], how)(x, [1, 2]) },
  { fits: always, take: (x) => tf.mul(tf.cumsum(x, x.rank - 1), 0.5) },
]

const products: readonly Step[] = [
  { fits: rank(2), take: (x, context) => tf.matMul(x, weightsOf(context, [x.shape[1] as number, 5], x.shape[1] as number)) },
  { fits: rank(3), take: (x) => tf.matMul(x, x, false, true) },
  { fits: rank(3), take: (x, context) => tf.matMul(x, weightsOf(context, [x.shape[0], x.shape[2] as number, 3], x.shape[2] as number)) },
  ...[0, 1, 2].map((): Step => ({
    fits: (x) => isImages(x) && last(x) <= 32,
    take: (x, context) => {
      const { size, strides, pad } = pick(filters, context.how)
      const [ins, outs] = [last(x), pick([last(x), 16, 3, 32, 9], context.how >> 3)]
      return tf.conv2d(x as Tensor4D, weightsOf(context, [size, size, ins, outs], size * size * ins) as Tensor4D, strides, pad)
    },
  })),
  { fits: isImages, take: (x, context) => tf.depthwiseConv2d(x as Tensor4D, weightsOf(context, [2, 2, last(x), 1], 4) as Tensor4D, 1, 'same') },
  { fits: isImages, take: (x, { how }) => pick([tf.avgPool, tf.maxPool], how)(x as Tensor4D, 2, 1 + ((how >> 1) % 2), 'valid') },
  // TensorFlow.js' cpu backend has this one's gradient right for a single sample only
  { fits: (x) => isImages(x) && x.shape[0] === 1 && x.size < 300, take: (x) => tf.image.resizeNearestNeighbor(x as Tensor4D, [2 * (x.shape[1] as number), 2 * (x.shape[2] as number)]) },
]

const rotated = (count: number, how: number): number[] => Array.from({ length: count }, (_, i) => (i + how) % count)

const movement: readonly Step[] = [
  { fits: rank(2, 3, 4), take: (x, { how }) => tf.transpose(x, rotated(x.rank, 1 + how)) },
  { fits: rank(3, 4), take: (x, { how }) => tf.reshape(x, pick([[x.shape[0], -1], [-1, last(x)], [-1]], how)) },
  { fits: (x) => last(x) % 2 === 0 && x.rank < 4, take: (x) => tf.reshape(x, [...x.shape.slice(0, -1), 2, last(x) / 2]) },
  { fits: rank(1, 2, 3, 4), take: (x, { how }) => tf.reverse(x, how % x.rank) },
  { fits: (x) => x.size < 700, take: (x, { how, earlier }) => tf.concat([x, pick(earlier, how >> 2)], how % x.rank) },
  { fits: (x) => last(x) >= 3, take: (x) => tf.slice(x, [...new Array<number>(x.rank - 1).fill(0), 1], [...new Array<number>(x.rank - 1).fill(-1), last(x) - 2]) },
  { fits: (x) => last(x) % 2 === 0, take: (x) => tf.mul(...(tf.split(x, 2, x.rank - 1) as [Tensor, Tensor])) },
  { fits: (x) => x.rank > 1 && x.size < 500, take: (x, { how }) => tf.pad(x, Array.from({ length: x.rank }, (_, axis): [number, number] => (axis === how % x.rank ? [1, 2] : [0, 0]))) },
  { fits: (x) => x.size < 500, take: (x, { how }) => tf.tile(x, Array.from({ length: x.rank }, (_, axis) => (axis === how % x.rank ? 2 : 1))) },
  { fits: (x) => x.shape[0] > 1, take: (x, { how }) => tf.gather(x, tf.tensor1d([how % x.shape[0], 0, 0], 'int32')) },
  { fits: rank(1, 2, 3), take: (x, { how, earlier }) => tf.stack([x, pick(earlier, how)], how % (x.rank + 1)) },
]

const steps: readonly Step[] = [...arithmetic, ...products, ...movement]

/** The function's value, of x and the weights. */
export function valueOf({ steps: chosen }: RandomFunction, x: Tensor, weights: Tensor1D): Tensor {
  const path = [x]
  for (const [which, how] of chosen) {
    const current = path[path.length - 1]
    const earlier = path.filter(({ shape }) => shape.join() === current.shape.join())
    const { take } = pick(steps.filter(({ fits }) => fits(current)), which)
    path.push(take(current, { weights, earlier, how }))
  }
  return path[path.length - 1]
}

/** The function's value, and the gradients of its sum, in which every number counts differently; and a little of the weights, so that they have one. */
export function withGradients(chosen: RandomFunction, x: Tensor, weights: Tensor1D): { value: Tensor, dx: Tensor, dWeights: Tensor } {
  const [dx, dWeights] = tf.grads((given, numbers) => {
    const value = valueOf(chosen, given, numbers as Tensor1D)
    const few = tf.sum(tf.square(tf.slice(numbers, [0], [4])))
    return tf.add(tf.sum(tf.mul(value, tf.reshape(tf.sin(tf.range(1, value.size + 1)), value.shape))), few)
  })([x, weights])
  return { value: valueOf(chosen, x, weights), dx, dWeights }
}
