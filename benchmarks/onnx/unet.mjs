/*
 * A UNet for digits (28 × 28, multipliers 1, 2, 2, attention on 7 × 7) at batch 64, compiled by @sbgm/onnx, against PyTorch's eager
 * mode: its forward pass with fixed weights, and one whole training step (loss, gradient, clipping, AdamW, averaged weights).
 * PyTorch is given its best: AVX-512 where the processor has it, the faster of both memory layouts, gradients set to None, the optimiser's multi-tensor form.
 *
 * All take turns, round after round; what counts is the median of the rounds' ratios, printed with their range. The time of
 * compiling a step, and of a step and a forward pass run eagerly on wasm with this project's kernels, stand beside them.
 *
 *   npm run build && node benchmarks/onnx/unet.mjs [rounds, 7 unless told] [networks, such as 16/1 32/1 32/2]
 */
import { existsSync, readFileSync } from 'node:fs'
import { openBackend } from '@sbgm/backends'
import { compileForward, compileTrainStep } from '@sbgm/onnx'
import { fillNormal } from '@sbgm/sde-core'
import { adamW, eagerRunner, flattenParameters, parameterLayout, trainStep } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, mean, squaredDifference, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { median, pythonTwin } from '../python-twin.mjs'

const BATCH = 64
const PER_TURN = 3
const [asked = 7, ...named] = process.argv.slice(2)
const rounds = Number(asked)
const networks = named.length > 0 ? named : ['16/1', '32/1', '32/2']
if (!(rounds >= 1)) throw new Error(`The number of rounds must be a positive number; got ${asked}.`)

await openBackend({ engine: 'wasm' })
const images = new Float32Array(BATCH * 784)
fillNormal(images, 784, { seed: 0, stream: 'benchmark', step: 0, firstSample: 0, draw: 0 })
const times = Float32Array.from({ length: BATCH }, (_, i) => (i + 1) / BATCH)
const batch = { x: { data: images, shape: [BATCH, 28, 28, 1] }, t: { data: times, shape: [BATCH] } }
const rates = [1e-4, 1.5, 20, 0.999]
const wide = existsSync('/proc/cpuinfo') && readFileSync('/proc/cpuinfo', 'utf8').includes('avx512vl')
const torch = await pythonTwin(new URL('../unet/torch_twin.py', import.meta.url), [], wide ? { ATEN_CPU_CAPABILITY: 'avx512' } : {})
console.log(torch ? `PyTorch ${torch.version}: ${await torch.ask(JSON.stringify({ build: true }))}` : 'no Python with torch was found, so no ratios')

for (const name of networks) {
  const [baseWidth, blocksPerLevel] = name.split('/').map(Number)
  for (const threads of [2, 1]) await compare({ baseWidth, blocksPerLevel, threads })
}
torch?.stop()

async function compare({ baseWidth, blocksPerLevel, threads }) {
  const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth, blocksPerLevel })
  const params = network.init(0)
  const layout = parameterLayout(params)
  const step = trainStep({ loss: (p, { x, t }) => mean(squaredDifference(network.apply(p, x, t), x)), layout, optimizer: adamW() })
  const flat = flattenParameters(params, layout)
  const parameters = new Float32Array(await flat.data())
  const vectors = { parameters, average: parameters, first: new Float32Array(layout.total), second: new Float32Array(layout.total) }
  const forward = await compileForward((p, { x, t }) => ({ noise: network.apply(p, x, t) }), params, undefined, { threads })
  const compiled = await compileTrainStep(step, { threads }).begin(vectors)
  const began = performance.now()
  await compiled.run(batch, rates)
  const compiling = performance.now() - began
  const eager = threads === 1 ? await eagerRunner(step).begin(vectors) : undefined
  const [x, t] = [tensor(images, [BATCH, 28, 28, 1]), tensor1d(times)]

  const settings = { height: 28, width: 28, channels: 1, baseWidth, multipliers: [1, 2, 2], blocksPerLevel, attentionLevels: [2], groups: 8 }
  const twin = { ...settings, timeFeatures: 32, timeEmbedding: 'sinusoidal', timeScale: 1000 }
  const ours = { step: () => compiled.run(batch, rates), forward: () => forward.runArrays(batch) }
  const onWasm = { step: () => eager.run(batch, rates), forward: () => eagerForward(network, params, x, t) }
  for (const work of ['step', 'forward']) {
    const costs = { compiled: [], torch: [], wasm: [] }
    for (let round = 0; round <= rounds; round++) { // round 0 warms up
      const turn = { compiled: await timed(ours[work]) }
      if (eager && round <= 2) turn.wasm = await timed(onWasm[work])
      if (torch) turn.torch = await fasterOfTorch(twin, work, threads)
      if (round > 0) for (const [key, cost] of Object.entries(turn)) costs[key].push(cost)
    }
    report(`base ${baseWidth}, ${blocksPerLevel} block${blocksPerLevel > 1 ? 's' : ''}, ${threads} thread${threads > 1 ? 's' : ''}, ${work}`, costs)
  }
  console.log(`    first step with tracing, lowering and opening the session: ${compiling.toFixed(0)} ms; ${layout.total.toLocaleString('en-US')} parameters`)
  await Promise.all([compiled.end(), forward.close(), eager?.end()])
  dispose([x, t, flat, ...Object.values(params)])
}

async function timed(once) {
  const began = performance.now()
  for (let i = 0; i < PER_TURN; i++) await once()
  return (performance.now() - began) / PER_TURN
}

async function fasterOfTorch(network, work, threads) {
  let best = Infinity
  for (const layout of ['contiguous', 'channels_last']) {
    best = Math.min(best, Number(await torch.ask(JSON.stringify({ network, time: work, threads, batch: BATCH, steps: PER_TURN, layout }))))
  }
  return best
}

async function eagerForward(network, params, x, t) {
  const output = tidy(() => network.apply(params, x, t))
  await output.data()
  output.dispose()
}

function report(title, { compiled, torch: reference, wasm }) {
  const ratios = compiled.map((cost, i) => cost / reference[i]).sort((a, b) => a - b)
  const against = reference.length === 0 ? '' : `, PyTorch ${median(reference).toFixed(1)} ms: ratio ${median(ratios).toFixed(2)} (${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)})`
  const eager = wasm.length === 0 ? '' : `; eagerly on wasm ${median(wasm).toFixed(0)} ms, ${(median(wasm) / BATCH).toFixed(2)} ms per image`
  console.log(`${title}: compiled ${median(compiled).toFixed(1)} ms${against}${eager}`)
}
