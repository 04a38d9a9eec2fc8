/*
 * A UNet for digits (28 × 28, multipliers 1, 2, 2, one block per level, attention on 7 × 7) at batch 64: its forward pass and
 * one whole training step (loss, gradient, clipping, AdamW, averaged weights), the library on wasm, which has one thread in
 * Node, against PyTorch's eager mode on one thread and on two. All take turns in one run; medians per pass, and ratios to
 * PyTorch on one thread.
 *
 *   npm run build && node benchmarks/unet/unet.mjs [rounds] [base widths …]
 */
import { openBackend } from '@sbgm/backends'
import { fillNormal } from '@sbgm/sde-core'
import { adamW, cosineDecay, eagerRunner, emaDecay, parameterLayout, train, trainStep } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, mean, squaredDifference, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { median, pythonTwin } from '../python-twin.mjs'

const BATCH = 64
const STEPS_PER_TURN = 4
const [rounds = 5, ...given] = process.argv.slice(2).map(Number)
const baseWidths = given.length > 0 ? given : [16, 32]

await openBackend({ engine: 'wasm' })
const images = new Float32Array(BATCH * 784)
fillNormal(images, 784, { seed: 0, stream: 'benchmark', step: 0, firstSample: 0, draw: 0 })
const times = Float32Array.from({ length: BATCH }, (_, i) => (i + 1) / BATCH)
const batch = { x: { data: images, shape: [BATCH, 28, 28, 1] }, t: { data: times, shape: [BATCH] } }
const torch = await pythonTwin(new URL('torch_twin.py', import.meta.url))

for (const baseWidth of baseWidths) {
  const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth })
  const params = network.init(0)
  const loss = (p, { x, t }) => mean(squaredDifference(network.apply(p, x, t), x))
  const step = trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() })
  const steps = (rounds + 1) * STEPS_PER_TURN
  const options = { params, steps, batch: () => batch, learningRate: cosineDecay({ peak: 1e-4, steps }), averageDecay: emaDecay(0.999) }
  const run = train({ runner: eagerRunner(step), ...options })
  const x = tensor(images, [BATCH, 28, 28, 1])
  const t = tensor1d(times)
  const ours = {
    forward: async () => {
      const output = tidy(() => network.apply(params, x, t))
      await output.data()
      output.dispose()
    },
    step: () => run.next(),
  }
  const settings = { height: 28, width: 28, channels: 1, baseWidth, multipliers: [1, 2, 2], blocksPerLevel: 1, attentionLevels: [2], groups: 8 }
  const twin = { ...settings, timeFeatures: 32, timeEmbedding: 'sinusoidal', timeScale: 1000 }
  const costs = new Map()
  const note = (name, milliseconds) => costs.set(name, [...(costs.get(name) ?? []), milliseconds])
  for (let round = 0; round <= rounds; round++) { // round 0 warms up
    for (const [work, once] of Object.entries(ours)) {
      const began = performance.now()
      for (let i = 0; i < STEPS_PER_TURN; i++) await once()
      if (round > 0) note(`${work}: @sbgm/unet on wasm, 1 thread`, (performance.now() - began) / STEPS_PER_TURN)
      if (!torch) continue
      for (const threads of [1, 2]) {
        const request = { network: twin, time: work, threads, batch: BATCH, steps: STEPS_PER_TURN }
        const milliseconds = Number(await torch.ask(JSON.stringify(request)))
        if (round > 0) note(`${work}: PyTorch ${torch.version}, ${threads} thread${threads > 1 ? 's' : ''}`, milliseconds)
      }
    }
  }
  const total = (count) => network.layers.reduce((sum, layer) => sum + count(layer), 0)
  const millions = (value) => (value / 1e6).toFixed(2)
  const size = `${Object.values(params).reduce((sum, value) => sum + value.size, 0).toLocaleString('en-US')} parameters`
  console.log(`base width ${baseWidth}, batch ${BATCH}: ${size}, ${millions(total((layer) => layer.multiplyAdds))} million multiply-adds per image; median of ${rounds} turns of ${STEPS_PER_TURN}`)
  for (const [name, milliseconds] of costs) {
    const reference = torch && median(costs.get(`${name.split(':')[0]}: PyTorch ${torch.version}, 1 thread`))
    const ratio = reference === undefined ? '' : `  ${(median(milliseconds) / reference).toFixed(2)} × PyTorch on 1 thread`
    console.log(`  ${name.padEnd(44)}${median(milliseconds).toFixed(1).padStart(8)} ms${ratio}`)
  }
  await run.return?.()
  dispose([x, t, ...Object.values(params)])
}
torch?.stop()
if (!torch) console.log('no Python with torch was found, so no ratios')
