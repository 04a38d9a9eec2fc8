/*
 * One training step of part 1's score network (3 × 64 perceptron, 16 time features, AdamW, averaged weights, v with noise
 * weighting, fresh data each step): the library on wasm, which has one thread in Node, against PyTorch's eager mode on one
 * thread and on two. All take turns in one run; medians per step, and ratios to PyTorch on one thread.
 *
 *   npm run build && node benchmarks/part1/score-training.mjs [rounds]
 */
import { openBackend } from '@sbgm/backends'
import { denoisingExample, denoisingLoss, hostSpace, scalarMixtureTarget, timeSampler, vpSde } from '@sbgm/sde-core'
import { adamW, cosineDecay, eagerRunner, emaDecay, parameterLayout, train, trainStep } from '@sbgm/training'
import { scoreMlp } from '@sbgm/unet'
import { median, pythonTwin } from '../python-twin.mjs'

const BATCH = 512
const STEPS_PER_TURN = 100
const rounds = Number(process.argv[2] ?? 5)

const sde = vpSde()
const target = scalarMixtureTarget({ sde, weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] })
await openBackend({ engine: 'wasm' })
const network = scoreMlp({ dim: 1, predicts: 'v', timeFeatures: 16 })
const params = network.init(0)
const loss = (p, b) => denoisingLoss(network.apply(p, b.x, b.t), b.target, b.weight)
const step = trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() })
const times = timeSampler({ sde, tMin: 1e-3 })
const host = (data, shape) => ({ data: Float32Array.from(data), shape })
const batch = (number) => {
  const x0 = target.draw(hostSpace, { count: BATCH, seed: 0, firstSample: number * BATCH })
  const { times: t } = times({ count: BATCH, seed: 0, step: number })
  const noise = hostSpace.normal({ seed: 0, stream: 'benchmark', step: number, firstSample: 0, draw: 0 }, x0)
  const { x, target: wanted, weight } = denoisingExample({ sde, space: hostSpace, x0, noise, t, predicts: 'v' })
  return { x: host(x.data, [BATCH, 1]), target: host(wanted.data, [BATCH, 1]), weight: host(weight, [BATCH]), t: host(t, [BATCH]) }
}
const steps = (rounds + 1) * STEPS_PER_TURN
const run = train({ runner: eagerRunner(step), params, steps, batch, learningRate: cosineDecay({ peak: 4e-3, steps }), averageDecay: emaDecay(0.999) })

const torch = await pythonTwin(new URL('torch_twin.py', import.meta.url), [String(BATCH), String(STEPS_PER_TURN)])
const costs = new Map()
const note = (name, milliseconds) => costs.set(name, [...(costs.get(name) ?? []), milliseconds])
for (let round = 0; round <= rounds; round++) {
  const began = performance.now()
  for (let i = 0; i < STEPS_PER_TURN; i++) await run.next()
  if (round > 0) note('@sbgm/training on wasm, 1 thread', (performance.now() - began) / STEPS_PER_TURN) // round 0 warms up
  if (!torch) continue
  for (const threads of [1, 2]) {
    const milliseconds = Number(await torch.ask(String(threads)))
    if (round > 0) note(`PyTorch ${torch.version}, ${threads} thread${threads > 1 ? 's' : ''}`, milliseconds)
  }
}
torch?.stop()

const reference = torch && median(costs.get(`PyTorch ${torch.version}, 1 thread`))
console.log(`one training step at batch ${BATCH}, median of ${rounds} turns of ${STEPS_PER_TURN} steps`)
for (const [name, milliseconds] of costs) {
  const ratio = reference === undefined ? '' : `  ${(median(milliseconds) / reference).toFixed(2)} × PyTorch on 1 thread`
  console.log(`  ${name.padEnd(36)}${median(milliseconds).toFixed(2).padStart(7)} ms${ratio}`)
}
if (!torch) console.log('  no Python with torch was found, so no ratio')
