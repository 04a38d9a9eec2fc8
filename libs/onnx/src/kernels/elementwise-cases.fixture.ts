// eslint-disable-next-line @typescript-eslint/no-restricted-imports -- only tests import this, and they use nearly every op
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { bools, floats, gradients, integers, kernelCase, listed, whole, type KernelCase } from './kernel-case.fixture'

const images = [2, 3, 4, 5]
const special = listed(NaN, Infinity, -Infinity, 0, 1, -1)
type Unary = (x: Tensor) => Tensor

/** Functions with a gradient: on images, on their special numbers, and their gradient, within the bounds where they are defined. */
function smooth(kernel: string, compute: Unary, bounds: [number, number] = [-2, 2], ulps = 8): KernelCase[] {
  return [
    kernelCase(kernel, 'of images', [floats(images, bounds)], compute, { ulps }),
    kernelCase(kernel, 'of infinities and of what is no number', [special], compute, { ulps }),
    kernelCase(kernel, 'its gradient', [floats([7], bounds, 2)], gradients(compute), { ulps: 4 * ulps }),
  ]
}

const unaryCases: KernelCase[] = [
  ...smooth('Abs', tf.abs),
  kernelCase('Abs', 'of whole numbers', [integers([6])], tf.abs),
  ...smooth('Acos', tf.acos, [-0.9, 0.9]),
  ...smooth('Acosh', tf.acosh, [1.1, 4]),
  ...smooth('Asin', tf.asin, [-0.9, 0.9]),
  ...smooth('Asinh', tf.asinh),
  ...smooth('Atan', tf.atan),
  ...smooth('Atanh', tf.atanh, [-0.9, 0.9]),
  ...smooth('Ceil', tf.ceil),
  ...smooth('Cos', tf.cos),
  ...smooth('Cosh', tf.cosh),
  // TensorFlow.js' cpu backend has a formula that is off by up to 1.5e-7 (Abramowitz and Stegun 7.1.26)
  ...smooth('Erf', tf.erf, [-2, 2], 8 + 1.5e-7 * 2 ** 23),
  ...smooth('Exp', tf.exp),
  ...smooth('Expm1', tf.expm1),
  kernelCase('Expm1', 'near 0 with all its digits', [listed(1e-6, -1e-6, 3e-7)], tf.expm1),
  kernelCase('Expm1', 'far from 0', [listed(-20, 20, 80, -100)], tf.expm1),
  ...smooth('Floor', tf.floor),
  ...smooth('Log', tf.log, [0.1, 3]),
  ...smooth('Log1p', tf.log1p, [-0.9, 3]),
  kernelCase('Log1p', 'of the largest numbers', [listed(3e38, 1e30, Infinity)], tf.log1p),
  kernelCase('Log1p', 'near 0 with all its digits', [listed(1e-6, -1e-6, 3e-7)], tf.log1p),
  ...smooth('Neg', tf.neg),
  kernelCase('Neg', 'of whole numbers', [integers([6])], tf.neg),
  ...smooth('Reciprocal', tf.reciprocal, [0.5, 3]),
  ...smooth('Round', tf.round, [-3, 3]),
  kernelCase('Round', 'halves to the even neighbour', [listed(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5)], tf.round),
  ...smooth('Rsqrt', tf.rsqrt, [0.5, 3]),
  ...smooth('Sigmoid', tf.sigmoid),
  ...smooth('Sign', tf.sign),
  kernelCase('Sign', 'of whole numbers', [integers([6])], tf.sign),
  ...smooth('Sin', tf.sin),
  ...smooth('Sinh', tf.sinh),
  ...smooth('Sqrt', tf.sqrt, [0.1, 4]),
  ...smooth('Square', tf.square),
  kernelCase('Square', 'of whole numbers', [integers([6])], tf.square),
  ...smooth('Tan', tf.tan, [-1.2, 1.2]),
  ...smooth('Tanh', tf.tanh),
  kernelCase('Exp', 'of whole numbers, which gives floats', [whole(0, 1, 2, 3)], tf.exp),
  kernelCase('Softplus', 'of whole numbers, cut to whole numbers', [whole(-3, 0, 1, 3)], tf.softplus),
  kernelCase('Cast', 'to whole numbers, towards 0', [listed(-1.7, -0.2, 0.2, 1.7)], (x) => tf.cast(x, 'int32')),
  kernelCase('Cast', 'to bool: whether it is not 0', [listed(0, -0.3, 2, NaN)], (x) => tf.cast(x, 'bool')),
  kernelCase('Cast', 'of bools to floats and whole numbers', [bools([5])], (x) => [tf.cast(x, 'float32'), tf.cast(x, 'int32')]),
  kernelCase('Cast', 'of whole numbers to floats', [integers([5])], (x) => tf.cast(x, 'float32')),
  kernelCase('Identity', 'a clone', [floats(images)], tf.clone),
]

const activationCases: KernelCase[] = [
  ...smooth('Relu', tf.relu),
  kernelCase('Relu', 'of whole numbers', [integers([6])], tf.relu),
  ...smooth('Relu6', tf.relu6, [-2, 9]),
  ...smooth('ClipByValue', (x) => tf.clipByValue(x, -0.5, 1.25)),
  ...smooth('Elu', tf.elu),
  kernelCase('EluGrad', 'of images', [floats(images)], gradients(tf.elu)),
  ...smooth('Selu', tf.selu),
  ...smooth('Softplus', tf.softplus),
  kernelCase('Softplus', 'far from 0', [listed(-30, -14.5, 14.5, 90)], tf.softplus),
  kernelCase('Step', 'of images', [floats(images)], (x) => tf.step(x)),
  kernelCase('Step', 'with a slope below 0; NaN stays NaN', [listed(-1, 0, 2, NaN)], (x) => tf.step(x, 0.25)),
  ...smooth('LeakyRelu', (x) => tf.leakyRelu(x, 0.3)),
  kernelCase('Prelu', 'with a slope for each channel', [floats(images), floats([5], [0, 1])], tf.prelu),
  kernelCase('Prelu', 'its gradients', [floats(images), floats([5], [0, 1])], gradients(tf.prelu)),
]

type Binary = (a: Tensor, b: Tensor) => Tensor
const channel = [5]
const column = [2, 1, 1, 1]

/** Functions of two tensors: alike, broadcast either way, by a number, and the gradients with respect to (2, 3) and, where TensorFlow.js can, (3,). */
const binary = (kernel: string, compute: Binary, bounds: [number, number] = [-2, 2], ulps = 8, other: readonly number[] = [3]): KernelCase[] => [
  kernelCase(kernel, 'of images', [floats(images, bounds), floats(images, bounds, 2)], compute, { ulps }),
  kernelCase(kernel, 'of images and one for each channel', [floats(images, bounds), floats(channel, bounds, 2)], compute, { ulps }),
  kernelCase(kernel, 'of one for each sample and one for each channel', [floats(column, bounds), floats(channel, bounds, 2)], compute, { ulps }),
  kernelCase(kernel, 'of a number', [floats([], bounds, 3), floats([4], bounds, 2)], compute, { ulps }),
  kernelCase(kernel, 'its gradients', [floats([2, 3], bounds), floats(other, bounds, 2)], gradients(compute), { ulps: 4 * ulps }),
]
const ofWholeNumbers = (kernel: string, compute: Binary, a = integers([24], [-9, 10]), b = integers([24], [-4, 5], 2)) =>
  kernelCase(kernel, 'of whole numbers', [a, b], compute)
const ofBools = (kernel: string, compute: Binary) => kernelCase(kernel, 'of bools', [bools([8]), bools([8], 2)], compute)

const arithmeticCases: KernelCase[] = [
  ...binary('Add', tf.add), ofWholeNumbers('Add', tf.add),
  kernelCase('Add', 'of whole numbers and floats, which become floats', [integers([4]), floats([4])], tf.add),
  ...binary('Sub', tf.sub), ofWholeNumbers('Sub', tf.sub),
  ...binary('Multiply', tf.mul), ofWholeNumbers('Multiply', tf.mul), ofBools('Multiply', tf.mul),
  ...binary('RealDiv', tf.div, [0.5, 3]),
  kernelCase('RealDiv', 'by 0', [listed(1, -1, 0), listed(0, 0, 0)], tf.div),
  ofWholeNumbers('FloorDiv', tf.floorDiv),
  kernelCase('FloorDiv', 'of whole numbers by div', [integers([24], [-9, 10]), integers([24], [-4, 5], 2)], tf.div),
  kernelCase('FloorDiv', 'at the ends of the range, and by 0', [whole(2147483647, -2147483648, -2147483648, 5), whole(-2, 3, -1, 0)], tf.floorDiv),
  kernelCase('FloorDiv', 'of floats', [floats([9], [-9, 9]), floats([9], [0.5, 3], 2)], tf.floorDiv),
  kernelCase('Mod', 'of floats of either sign', [floats([16], [-9, 9]), listed(...Array.from({ length: 16 }, (_, i) => (i % 2 ? 2.5 : -2.5)))], tf.mod, { ulps: 32 }),
  kernelCase('Mod', 'of multiples', [listed(-5, 5, 0, -0.5), listed(2.5, -2.5, -2.5, 0.5)], tf.mod),
  ofWholeNumbers('Mod', tf.mod),
  kernelCase('Mod', 'its gradients', [floats([6], [1, 9]), floats([6], [1, 3], 2)], gradients(tf.mod), { ulps: 32 }),
  ...binary('Pow', tf.pow, [0.5, 2], 16),
  kernelCase('Pow', 'of whole numbers, negative powers too', [whole(2, 3, -2, 0, 2, 1, 5), whole(3, 4, 3, 2, -1, -3, 0)], tf.pow),
  kernelCase('Pow', '0 to a negative power', [whole(0, 0), whole(-1, 1)], tf.pow),
  kernelCase('Pow', 'by a number', [floats([5])], (x) => tf.pow(x, 3)),
  ...binary('Maximum', tf.maximum, [-2, 2], 8, [2, 3]), ofWholeNumbers('Maximum', tf.maximum),
  kernelCase('Maximum', 'NaN stays NaN', [listed(NaN, 1, NaN), listed(1, NaN, NaN)], tf.maximum),
  ...binary('Minimum', tf.minimum, [-2, 2], 8, [2, 3]), ofWholeNumbers('Minimum', tf.minimum),
  kernelCase('Minimum', 'NaN stays NaN', [listed(NaN, 1, NaN), listed(1, NaN, NaN)], tf.minimum),
  ...binary('SquaredDifference', tf.squaredDifference, [-2, 2], 8, [2, 3]), ofWholeNumbers('SquaredDifference', tf.squaredDifference),
  ...binary('Atan2', tf.atan2),
  kernelCase('Atan2', 'on the axes', [listed(0, 1, 0, -1, 0), listed(1, 0, -1, 0, 0)], tf.atan2),
  kernelCase('AddN', 'of three', [floats(images), floats(images, [-1, 1], 2), floats(images, [-1, 1], 3)], (...all) => tf.addN(all)),
  kernelCase('AddN', 'of one', [floats([3])], (x) => tf.addN([x])),
]

const comparison = (kernel: string, compute: Binary): KernelCase[] => [
  ofWholeNumbers(kernel, compute, integers([24], [-3, 4])),
  ofBools(kernel, compute),
  kernelCase(kernel, 'of images and one for each channel', [floats(images), floats(channel, [-2, 2], 2)], compute),
  kernelCase(kernel, 'with what is no number', [listed(NaN, 1, NaN, 2), listed(NaN, NaN, 1, 2)], compute),
]

const comparisonCases: KernelCase[] = [
  ...comparison('Equal', tf.equal), ...comparison('NotEqual', tf.notEqual), ...comparison('Greater', tf.greater), ...comparison('GreaterEqual', tf.greaterEqual),
  ...comparison('Less', tf.less), ...comparison('LessEqual', tf.lessEqual),
  ofBools('LogicalAnd', tf.logicalAnd), ofBools('LogicalOr', tf.logicalOr), ofBools('LogicalOr', tf.logicalXor),
  kernelCase('LogicalAnd', 'broadcast', [bools([2, 3]), bools([3], 2)], tf.logicalAnd),
  kernelCase('LogicalNot', 'of bools', [bools([8])], tf.logicalNot),
  kernelCase('IsNan', 'of floats', [special], tf.isNaN), kernelCase('IsInf', 'of floats', [special], tf.isInf), kernelCase('IsFinite', 'of floats', [special], tf.isFinite),
  kernelCase('IsNan', 'of whole numbers', [integers([4])], tf.isNaN),
  kernelCase('IsFinite', 'of whole numbers', [integers([4])], tf.isFinite),
  kernelCase('Select', 'of images', [bools(images), floats(images), floats(images, [5, 6], 2)], tf.where),
  kernelCase('Select', 'of whole numbers, broadcast', [bools([2, 1]), integers([3]), whole(7)], tf.where),
  kernelCase('Select', 'a NaN that is not chosen does no harm', [listed(1, NaN, 3)], (x) => tf.where(tf.isNaN(x), tf.zerosLike(x), x)),
  kernelCase('Select', 'its gradients', [floats([2, 3]), floats([2, 3], [-2, 2], 2)], gradients((a, b) => tf.where(tf.tensor2d([[true, false, true], [false, false, true]]), a, tf.square(b)))),
]

/** Cases of kernels that work number by number. */
export const elementwiseCases: readonly KernelCase[] = [...unaryCases, ...activationCases, ...arithmeticCases, ...comparisonCases]
