// Does memory grow over thousands of products with fresh tensors? XNNPACK keeps one packed operand per data id.
// Run after building the library: npx nx build @sbgm/backends && node --expose-gc benchmarks/matmul/memory.mjs [ours|stock] [steps]
import * as tf from '@tensorflow/tfjs-core'
import { openBackend } from '@sbgm/backends'

const [kernel = 'ours', steps = '10000'] = process.argv.slice(2)
const backend = await openBackend({ engine: 'wasm' })
if (kernel === 'stock') {
  await backend.close()
  await tf.setBackend('wasm')
}
console.log(`${kernel} kernel`)
const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(1).padStart(6)
const report = (calls) => {
  globalThis.gc?.()
  const heap = tf.backend().wasm.HEAPU8.byteLength
  const { numTensors, numDataBuffers } = tf.memory()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  console.log(`${String(calls).padStart(6)} steps  rss ${mebibytes(rss)} MiB  JavaScript ${mebibytes(heapUsed)} MiB  arrays ${mebibytes(arrayBuffers)} MiB  wasm ${mebibytes(heap)} MiB  tensors ${numTensors}  buffers ${numDataBuffers}`)
}
const step = tf.grads((x, w) => tf.sum(tf.square(tf.matMul(x, w))))
report(0)
for (let i = 1; i <= Number(steps); i++) {
  tf.tidy(() => {
    step([tf.randomUniform([512, 64], -1, 1), tf.randomUniform([64, 64], -1, 1)])
    tf.matMul(tf.randomUniform([4, 32, 32]), tf.randomUniform([4, 32, 32]), false, true)
  })
  if (i === 100 || i % 2500 === 0) report(i)
}
await backend.close()
