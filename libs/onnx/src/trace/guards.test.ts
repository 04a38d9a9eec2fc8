import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import * as tf from '@tensorflow/tfjs-core'
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { compile } from '../compile'
import { TraceError } from '../errors'
import { inputValues } from '../host-forms'
import { trace, type TracedFunction } from './trace'

const forms = { x: { shape: [2, 3], dtype: 'float32' as const } }
const traced = (fn: TracedFunction) => trace(fn, inputValues(forms))
/** A function of x alone, which need not be one that can be traced. */
const of = (fn: (x: Tensor) => unknown): TracedFunction => ({ x }) => fn(x) as Record<string, Tensor>

beforeAll(() => tf.setBackend('cpu'))

let before: { tensors: number, random: () => number, assign: unknown }
const remember = () => {
  before = { tensors: tf.memory().numTensors, random: Math.random, assign: tf.Variable.prototype.assign }
}
beforeEach(remember)

/** The error of a trace that must fail; whatever failed, TensorFlow.js must be as it was. */
function refusal(fn: (x: Tensor) => unknown): Error {
  const error = failure(() => traced(of(fn)))
  expectUntouched()
  expect(TraceError.isInstance(error), String(error)).toBe(true)
  return error
}

function failure(act: () => unknown): Error {
  try {
    act()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('Nothing was thrown.')
}

function expectUntouched(): void {
  expect(tf.getBackend()).toBe('cpu')
  expect(tf.memory().numTensors).toBe(before.tensors)
  expect(Math.random).toBe(before.random)
  expect(tf.Variable.prototype.assign).toBe(before.assign)
  expect(tf.tidy(() => tf.add(1, 2).dataSync()[0])).toBe(3)
}

describe('tracing', () => {
  it('leaves no tensors behind, the backend as it was, and Math.random', () => {
    traced(of((x) => ({ y: tf.grad((z) => tf.sum(tf.softmax(tf.square(z))))(x) })))
    expectUntouched()
  })

  it('lets an error of the function through as it is, and leaves no tensors, also in the midst of a gradient', () => {
    const own = new RangeError('mine')
    const error = failure(() => traced(of((x) => ({
      y: tf.grad((z) => {
        const y = tf.softmax(tf.square(z))
        if (y.size > 0) throw own
        return tf.sum(y)
      })(x),
    }))))
    expect(error).toBe(own)
    expectUntouched()
  })

  it('can be had again after it failed', () => {
    refusal((x) => ({ y: tf.scalar(x.dataSync()[0]) }))
    expect(traced(of((x) => ({ y: tf.square(x) }))).outputs.y.shape).toEqual([2, 3])
  })

  it('refuses tensors of another trace as tensors from outside', () => {
    let kept: Tensor | undefined
    traced(of((x) => ({ y: (kept = tf.keep(tf.square(x))) })))
    expect(failure(() => traced(of((x) => ({ y: tf.add(x, kept as Tensor) })))).message).toContain('a tensor from outside (float32 (2, 3))')
    kept?.dispose()
    expectUntouched()
  })
})

describe('a traced function must not', () => {
  it.each<[string, (x: Tensor) => unknown]>([
    ['dataSync', (x) => ({ y: tf.mul(x, x.dataSync()[0]) })],
    ['arraySync', (x) => ({ y: tf.tensor(x.arraySync()) })],
    ['print', (x) => (tf.print(x), { y: x })],
    ['data, without waiting for it', (x) => (void x.data(), { y: x })],
    ['array, without waiting for it', (x) => (void x.array(), { y: x })],
  ])('read the numbers of its tensors: %s', (_, fn) => {
    expect(refusal(fn).message).toMatch(/must not read the numbers of its tensors .* hand in what is known on the host as an input\./)
  })

  it('but it may read those of its own constants', () => {
    const { y } = traced(of((x) => ({ y: tf.mul(x, tf.tensor1d([2, 3, 4]).dataSync()[1]) }))).outputs
    expect(y.shape).toEqual([2, 3])
  })

  it.each<[string, (x: Tensor) => unknown]>([
    ['randomNormal', (x) => ({ y: tf.add(x, tf.randomNormal([3])) })],
    ['randomUniform', (x) => ({ y: tf.add(x, tf.randomUniform([3])) })],
    ['seed 0, which TensorFlow.js takes for none', (x) => ({ y: tf.add(x, tf.randomNormal([3], 0, 1, 'float32', 0)) })],
    ['dropout', (x) => ({ y: tf.dropout(x, 0.5) })],
    ['Math.random', (x) => ({ y: tf.mul(x, Math.random()) })],
  ])('draw random numbers: %s', (_, fn) => {
    expect(refusal(fn).message).toMatch(/must not draw random numbers .* hand them in as an input\./)
  })

  it('but numbers with a seed are constants, eagerly and compiled', async () => {
    const fn = of((x) => ({ y: tf.add(x, tf.randomNormal([3], 0, 1, 'float32', 7)), z: tf.dropout(x, 0.5, undefined, 3) }))
    const x = { data: Float32Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] }
    const [compiled, eager] = await Promise.all([compile(fn, undefined, { engine: 'onnxruntime' }), compile(fn, undefined, { engine: 'eager' })])
    const results = [await compiled.runArrays({ x }), await compiled.runArrays({ x }), await eager.runArrays({ x })]
    expect(results[1]).toEqual(results[0])
    expect(results[2]).toEqual(results[0])
    await compiled.close()
  })

  it('use tensors from outside, as operands or as outputs', () => {
    const outside = tf.tensor1d([1, 2, 3])
    remember()
    expect(refusal((x) => ({ y: tf.add(x, outside) })).message)
      .toMatch(/must compute with its inputs and with constants of its own; got operand b of Add, a tensor from outside \(float32 \(3\)\)\. Hand it in by name/)
    expect(refusal(() => ({ y: outside })).message).toContain('got the output y, a tensor from outside')
    outside.dispose()
  })

  it('write to variables, or make them', () => {
    const variable = tf.variable(tf.tensor1d([1, 2, 3]), true, 'weights')
    remember()
    expect(refusal((x) => (variable.assign(tf.sum(x, 0)), { y: x })).message).toMatch(/must not write to variables.*it assigned to 'weights'\. Return the new value as an output/)
    expect([...variable.dataSync()]).toEqual([1, 2, 3])
    variable.dispose()
    remember()
    expect(refusal((x) => ({ y: tf.add(x, tf.variable(tf.scalar(2), true, 'made')) })).message).toMatch(/must not make variables; it made 'made'\. Make them outside/)
    expect(tf.engine().registeredVariables).toEqual({})
  })

  it('use kernels that the library does not know', () => {
    expect(refusal((x) => ({ y: tf.localResponseNormalization(tf.reshape(x, [1, 1, 2, 3]) as Tensor4D) })).message)
      .toBe("@sbgm/onnx must know every kernel of a traced function; it does not know LRN. Write that step with other ops, or run the function eagerly (engine: 'eager').")
  })

  it.each([['NCHW images', 'conv2d', (x: Tensor4D) => tf.conv2d(x, tf.zeros([1, 1, 2, 2]) as Tensor4D, 1, 'same', 'NCHW')]] as const)('use %s', (_, _op, fn) => {
    expect(refusal((x) => ({ y: fn(tf.reshape(x, [1, 2, 1, 3]) as Tensor4D) })).message).toMatch(/must have the data format NHWC; got NCHW\. Transpose the images first\./)
  })

  it('make strings or complex numbers', () => {
    expect(refusal(() => ({ y: tf.tensor1d(['a']) })).message).toMatch(/must be float32, int32 or bool; got string\. Keep strings and complex numbers outside/)
    expect(refusal((x) => ({ y: tf.real(tf.complex(x, x)) })).message).toContain('does not know Complex.')
    expect(failure(() => trace(of((x) => ({ x })), inputValues({ x: { shape: [1], dtype: 'string' } }))).message).toContain('got string')
  })

  it.each<[string, () => unknown, string]>([
    ['nothing', () => undefined, 'must return its tensors by name; got undefined. Return an object, such as { y }.'],
    ['a single tensor', () => tf.zeros([2]), 'must return its tensors by name; got a single tensor.'],
    ['a list', () => [tf.zeros([2])], 'must return its tensors by name; got a list.'],
    ['an empty object', () => ({}), 'must return at least one tensor; got an object without any.'],
    ['a number', () => ({ y: 3 }), 'must return tensors; got 3 as the output y.'],
    ['a tensor and nothing', () => ({ x: tf.zeros([2]), y: undefined }), 'must return tensors; got undefined as the output y.'],
    ['a promise', async () => ({ y: tf.zeros([2]) }), 'must return its tensors at once; got a promise. Make it synchronous'],
    ['a promise that fails', async () => { throw new Error('late') }, 'must return its tensors at once; got a promise.'],
  ])('return %s', (_, fn, message) => {
    expect(refusal(fn).message).toContain(message)
  })

  it('take a gradient through a kernel that has none, such as a second one of max pooling', () => {
    const slope = tf.grad((x: Tensor) => tf.sum(tf.square(tf.maxPool(x as Tensor4D, 2, 1, 'valid'))))
    expect(refusal((x) => ({ y: tf.grad((z) => tf.sum(slope(z)))(tf.reshape(x, [1, 2, 3, 1])) })).message).toBe(
      'A gradient must go through kernels that have one; TensorFlow.js has none of MaxPoolGrad, which is itself a gradient: this would be a second derivative. ' +
        'Write that step with other ops, or give it a gradient with customGrad.')
    expect(refusal((x) => ({ y: tf.grad((z) => tf.einsum('ij->', z))(x) })).message).toContain('TensorFlow.js has none of Einsum. Write that step')
  })
})
