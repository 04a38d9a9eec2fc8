/*
 * A whole training step of a UNet (28 × 28 × 1, batch 64; loss, gradients, clipping, AdamW, average) on wasm: with the kernels
 * that openBackend installs, and with tfjs's own (input gradient and matMul in scalar loops, the filter gradient, which it
 * lacks, as one matMul per tap), taking turns in one process. The bar: at base width 32 ours is at least 5 times as fast.
 *
 *   npm run build && node benchmarks/convolution/unet-step.mjs [rounds] [base widths …]
 */
import * as tf from '@tensorflow/tfjs-core'
import { adamW, eagerRunner, flattenParameters, parameterLayout, trainStep } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { median } from '../python-twin.mjs'
import { startTurns } from './turns.mjs'

const BATCH = 64
const BAR = 5
const [rounds = 3, ...widths] = process.argv.slice(2).map(Number)

const turns = await startTurns()
for (const baseWidth of widths.length > 0 ? widths : [16, 32]) {
  const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth })
  const params = network.init(0)
  const layout = parameterLayout(params)
  const loss = (p, { x, t, noise }) => tf.mean(tf.square(tf.sub(network.apply(p, x, t), noise)))
  const step = trainStep({ loss, layout, optimizer: adamW() })
  const flat = flattenParameters(params, layout)
  const parameters = await flat.data()
  tf.dispose([flat, params])
  const zeros = new Float32Array(layout.total)
  const running = await eagerRunner(step).begin({ parameters, average: parameters, first: zeros, second: zeros })
  const images = (seed) => ({ data: Float32Array.from(tf.tidy(() => tf.randomNormal([BATCH, 28, 28, 1], 0, 1, 'float32', seed).dataSync())), shape: [BATCH, 28, 28, 1] })
  const batch = { x: images(1), noise: images(2), t: { data: Float32Array.from({ length: BATCH }, (_, i) => (i + 0.5) / BATCH), shape: [BATCH] } }

  const times = { stock: [], ours: [] }
  let number = 0
  for (let round = 0; round <= rounds; round++)
    for (const kind of ['stock', 'ours']) {
      await turns[kind]()
      const start = performance.now()
      const report = await running.run(batch, step.rates(++number, { learningRate: 1e-3, averageDecay: 0.01 }))
      if (round > 0) times[kind].push(performance.now() - start) // round 0 warms up
      if (!Number.isFinite(report.loss)) throw new Error(`The loss must stay finite; got ${report.loss} with ${kind} kernels.`)
    }
  await running.end()
  const [ours, stock] = [median(times.ours), median(times.stock)]
  const gigaflops = (6 * BATCH * network.layers.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0)) / 1e6
  const ratio = stock / ours
  console.log(
    `UNet, base width ${baseWidth}, batch ${BATCH}: stock ${stock.toFixed(0)} ms, ours ${ours.toFixed(0)} ms a step, ratio ${ratio.toFixed(1)}; ` +
      `${(gigaflops / ours).toFixed(1)} GFLOP/s in all; wasm memory ${(tf.backend().wasm.HEAPU8.byteLength / 2 ** 20).toFixed(0)} MiB`,
  )
  if (baseWidth === 32 && ratio < BAR) {
    console.error(`  the bar is ${BAR}`)
    process.exitCode = 1
  }
}
process.exit()
