// The wasm matMul kernel of @sbgm/backends against the stock one, forward and both gradients, alternating in one process.
// Run after building the library: npx nx build @sbgm/backends && node benchmarks/matmul/matmul.mjs
import * as tf from '@tensorflow/tfjs-core'
import { describeBackend, installWasmMatMul, openBackend } from '@sbgm/backends'
import { alternate } from './alternate.mjs'

const layers = [[512, 64, 64], [1024, 128, 128], [10000, 64, 64], [512, 1, 64], [512, 64, 1], [10000, 1, 64], [32, 64, 64]]
const batches = [[64, 16, 16, 16], [64, 24, 24, 24], [16, 64, 64, 64], [64, 49, 32, 49], [64, 4, 64, 64]]

const backend = await openBackend({ engine: 'wasm' })
console.log(describeBackend(backend))
await backend.close()
await tf.setBackend('wasm') // the stock kernels

let uninstall = () => {}
const before = {
  stock: () => uninstall(),
  ours: () => {
    uninstall()
    uninstall = installWasmMatMul()
  },
}
const random = (shape) => tf.randomUniform(shape, -1, 1, 'float32', 1)
const compare = (work) => alternate({ stock: work, ours: work }, { before })
const row = (name, { stock, ours }) =>
  console.log(`${name.padEnd(44)} stock ${stock.toFixed(3).padStart(9)} ms   ours ${ours.toFixed(3).padStart(9)} ms   ratio ${(stock / ours).toFixed(2)}`)

for (const [batch, inputs, outputs] of layers) {
  const [x, w, dy] = [random([batch, inputs]), random([inputs, outputs]), random([batch, outputs])]
  const name = `x[${batch}, ${inputs}]·W[${inputs}, ${outputs}]`
  row(`${name} forward`, compare(() => tf.matMul(x, w).dispose()))
  // a gradient's operands are new in every training step: nothing is packed yet
  const renewed = (tensor, use) => () => tf.tidy(() => void use(tf.clone(tf.add(tensor, 0))))
  row(`${name} dX = dY·Wᵀ`, compare(renewed(w, (fresh) => tf.matMul(dy, fresh, false, true))))
  row(`${name} dW = Xᵀ·dY`, compare(renewed(dy, (fresh) => tf.matMul(x, fresh, true, false))))
  const step = tf.grads((input, weights) => tf.sum(tf.mul(dy, tf.matMul(input, weights))))
  row(`${name} forward + both gradients`, compare(renewed(w, (fresh) => step([x, fresh]))))
  tf.dispose([x, w, dy])
}
for (const [count, m, k, n] of batches) {
  const [a, b, bTransposed] = [random([count, m, k]), random([count, k, n]), random([count, n, k])]
  row(`${count} × [${m}, ${k}]·[${k}, ${n}]`, compare(() => tf.matMul(a, b).dispose()))
  row(`${count} × [${m}, ${k}]·[${n}, ${k}]ᵀ`, compare(() => tf.matMul(a, bTransposed, false, true).dispose()))
  tf.dispose([a, b, bTransposed])
}
