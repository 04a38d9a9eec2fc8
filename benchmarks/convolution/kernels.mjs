/*
 * The three kernels of a convolution at the shapes of a UNet for 28 × 28 images, batch 64: those of @sbgm/backends against
 * tfjs's own on wasm (the filter gradient, which it lacks, as one matMul per tap), taking turns in one process.
 *
 *   npm run build && node benchmarks/convolution/kernels.mjs [rounds]
 */
import * as tf from '@tensorflow/tfjs-core'
import { median } from '../python-twin.mjs'
import { startTurns } from './turns.mjs'

const BATCH = 64
const rounds = Number(process.argv[2] ?? 5)
const shapes = [ // edge, channels in, channels out, kernel, stride
  [28, 1, 32, 3, 1], [28, 16, 16, 3, 1], [28, 32, 32, 3, 1], [28, 64, 32, 3, 1], [28, 32, 1, 3, 1],
  [14, 64, 64, 3, 1], [14, 128, 64, 3, 1], [7, 64, 64, 3, 1],
  [28, 32, 32, 3, 2], [14, 64, 64, 3, 2], [28, 64, 32, 1, 1], [14, 128, 64, 1, 1],
]

const turns = await startTurns()
const head = ['images · filter', ...['forward', 'input gradient', 'filter gradient'].map((name) => name.padEnd(27))]
console.log(`\nGFLOP/s on one thread, ours ← stock (ratio); medians of ${rounds} turns\n${head[0].padEnd(32)}${head.slice(1).join('')}`)
for (const [edge, inputs, outputs, kernel, stride] of shapes) {
  const pad = (kernel - 1) / 2
  const x = tf.randomUniform([BATCH, edge, edge, inputs], -1, 1, 'float32', 1)
  const filter = tf.randomUniform([kernel, kernel, inputs, outputs], -1, 1, 'float32', 2)
  const { outShape } = tf.backend_util.computeConv2DInfo(x.shape, filter.shape, stride, 1, pad)
  const dy = tf.randomUniform(outShape, -1, 1, 'float32', 3)
  const attrs = { strides: stride, pad, dataFormat: 'NHWC' }
  const fresh = () => tf.mul(filter, 1) // a training step brings a new filter, which the stock forward has to pack
  const work = [
    () => tf.conv2d(x, fresh(), stride, pad),
    () => tf.engine().runKernel('Conv2DBackpropInput', { dy, filter: fresh() }, { ...attrs, inputShape: x.shape }),
    () => tf.engine().runKernel('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape: filter.shape }),
  ]
  const flops = 2 * tf.util.sizeFromShape(outShape) * kernel * kernel * inputs
  const times = { stock: work.map(() => []), ours: work.map(() => []) }
  for (let round = 0; round <= rounds; round++)
    for (const kind of ['stock', 'ours']) {
      await turns[kind]()
      work.forEach((run, index) => {
        const start = performance.now()
        tf.tidy(() => void run())
        if (round > 0) times[kind][index].push(performance.now() - start) // round 0 warms up
      })
    }
  const cells = work.map((_, index) => {
    const [ours, stock] = ['ours', 'stock'].map((kind) => flops / median(times[kind][index]) / 1e6)
    return `${ours.toFixed(1)} ← ${stock.toFixed(1)} (${(ours / stock).toFixed(1)})`.padEnd(27)
  })
  console.log(`${`${edge}×${edge}×${inputs} · ${kernel}×${kernel}${stride > 1 ? ` / ${stride}` : ''} → ${outputs}`.padEnd(32)}${cells.join('')}`)
  tf.dispose([x, filter, dy])
}
process.exit(0)
