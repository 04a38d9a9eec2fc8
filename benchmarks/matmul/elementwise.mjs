// What elementwise work costs on wasm next to a matMul, and which way to write SiLU, its gradient and a bias is fastest.
// Run after building the library: npx nx build @sbgm/backends && node benchmarks/matmul/elementwise.mjs
import * as tf from '@tensorflow/tfjs-core'
import { describeBackend, openBackend } from '@sbgm/backends'
import { alternate } from './alternate.mjs'

const backend = await openBackend({ engine: 'wasm' })
console.log(describeBackend(backend))
const shape = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [10000, 64]
const random = (size, seed) => tf.randomUniform(size, -3, 3, 'float32', seed)
const [x, y, bias, w, one] = [random(shape, 1), random(shape, 2), random([shape[1]], 3), random([shape[1], shape[1]], 4), tf.scalar(1)]
const [ones, onesLike] = [tf.ones([1, shape[0]]), tf.ones(shape)]
const inTidy = (work) => () => tf.tidy(() => void work())
const table = (title, variants) => {
  const times = alternate(Object.fromEntries(Object.entries(variants).map(([name, work]) => [name, inTidy(work)])))
  console.log(`\n${title}, x[${shape}]`)
  for (const [name, time] of Object.entries(times)) console.log(`  ${name.padEnd(52)} ${time.toFixed(3)} ms`)
}

table('single operations', {
  'matMul with [n, n], for comparison': () => tf.matMul(x, w),
  'add(x, y)': () => tf.add(x, y),
  'add(x, scalar)': () => tf.add(x, one),
  'mul(x, y)': () => tf.mul(x, y),
  'mul(x, scalar)': () => tf.mul(x, one),
  'sub(1, x)': () => tf.sub(one, x),
  'sub(ones like x, x)': () => tf.sub(onesLike, x),
  'neg(x)': () => tf.neg(x),
  'square(x)': () => tf.square(x),
  'sigmoid(x)': () => tf.sigmoid(x),
  'tanh(x)': () => tf.tanh(x),
  'exp(x)': () => tf.exp(x),
  'relu(x)': () => tf.relu(x),
  'elu(x)': () => tf.elu(x),
  'softplus(x)': () => tf.softplus(x),
})

const fresh = (tensor) => tf.add(tensor, 0) // XNNPACK packs a right operand once per tensor: a training step brings new ones
table('bias', {
  'add(x, bias)': () => tf.add(x, bias),
  'matMul + add bias': () => tf.add(tf.matMul(x, w), bias),
  'fused.matMul with bias (not fused under a gradient)': () => tf.fused.matMul({ a: x, b: w, bias }),
  'gradient of bias: sum(dy, 0)': () => tf.sum(fresh(y), 0),
  'gradient of bias: matMul(ones[1, batch], dy)': () => tf.matMul(ones, fresh(y)),
})

const column = tf.ones([shape[0], 1])
const dense = {
  'matMul(x, W) + b': (u, weights, offset) => tf.add(tf.matMul(u, weights), offset),
  'matMul(x, W) + matMul(ones[batch, 1], b[1, n])': (u, weights, offset) =>
    tf.add(tf.matMul(u, weights), tf.matMul(column, tf.reshape(offset, [1, -1]))),
  'customGrad, db = matMul(ones[1, batch], dy) after dW': tf.customGrad((u, weights, offset, save) => {
    save([u, weights])
    return {
      value: tf.add(tf.matMul(u, weights), offset),
      gradFunc: (dy, [input, kernel]) => {
        const dW = tf.matMul(input, dy, true, false)
        return [tf.matMul(dy, kernel, false, true), dW, tf.reshape(tf.matMul(ones, dy), [-1])]
      },
    }
  }),
}
table('dense layer forward and gradients', Object.fromEntries(Object.entries(dense).map(([name, f]) => {
  const gradients = tf.grads(f)
  return [name, () => gradients([x, fresh(w), fresh(bias)], fresh(y))]
})))

const silu = {
  'x·sigmoid(x)': (u) => tf.mul(u, tf.sigmoid(u)),
  'x/(1 + exp(−x))': (u) => tf.div(u, tf.add(one, tf.exp(tf.neg(u)))),
  'h + h·tanh(h), h = x/2': (u) => {
    const half = tf.mul(u, 0.5)
    return tf.add(half, tf.mul(half, tf.tanh(half)))
  },
}
const withGradient = (gradient) =>
  tf.customGrad((u, save) => {
    const gate = tf.sigmoid(u)
    const value = tf.mul(u, gate)
    save([u, gate, value])
    return { value, gradFunc: (dy, saved) => gradient(dy, ...saved) }
  })
const custom = {
  'customGrad dy·s·(1 + x − y)': withGradient((dy, u, gate, value) =>
    tf.mul(dy, tf.mul(gate, tf.add(tf.sub(u, value), one)))),
  'customGrad dy·(s + y − s·y)': withGradient((dy, u, gate, value) =>
    tf.mul(dy, tf.add(gate, tf.sub(value, tf.mul(gate, value))))),
  'customGrad dy·(s + y·σ(−x))': withGradient((dy, u, gate, value) =>
    tf.mul(dy, tf.add(gate, tf.mul(value, tf.sigmoid(tf.neg(u)))))),
}
table('SiLU forward', Object.fromEntries(Object.entries(silu).map(([name, f]) => [name, () => f(x)])))
table('SiLU forward and gradient', Object.fromEntries(Object.entries({ ...silu, ...custom }).map(([name, f]) => {
  const gradient = tf.grad(f)
  return [name, () => gradient(x, y)]
})))
await backend.close()
