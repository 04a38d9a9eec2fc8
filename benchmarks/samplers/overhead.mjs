/*
 * What a sampler costs beside its network: a step with the network of profile `quick` (a UNet of base width 16, multipliers 1, 2, 4, at
 * batch 64, compiled by @sbgm/onnx) against the same step with a null model, which gives back a tensor that it already has. States live
 * on wasm, as in the program. The two take turns, round after round; what counts is the median of the rounds' ratios, printed with their
 * range. The bar is 5 %; the process ends with 1 above it. Then where the null step's time goes, operation by operation.
 *
 *   npm run build && node benchmarks/samplers/overhead.mjs [rounds, at least 3] [threads of onnxruntime, such as 2 1]
 */
import { describeBackend, openBackend } from '@sbgm/backends'
import { compileForward } from '@sbgm/onnx'
import { dpmSolverPlusPlus2M, eulerMaruyama, lastState, uniPc } from '@sbgm/samplers'
import { lambdaGrid, probabilityFlow, reverseSde, samplePrior, tensorSpace as space, vpSde } from '@sbgm/sde-core'
import { unet } from '@sbgm/unet'
import { clone, dispose, tensor } from '@tensorflow/tfjs-core'
import { median } from '../python-twin.mjs'

const BATCH = 64
const SHAPE = [BATCH, 28, 28, 1]
const BAR = 0.05
const STEPS = { network: 10, null: 40 } // a turn of either takes some tenths of a second
const [asked = 7, ...counts] = process.argv.slice(2)
const rounds = Number(asked)
if (!(rounds >= 3)) throw new Error(`The number of rounds must be at least 3; got ${asked}.`)

const backend = await openBackend({ engine: 'wasm' })
console.log(describeBackend(backend))
const sde = vpSde()
const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth: 16, multipliers: [1, 2, 4] })
const params = network.init(0)
const x = samplePrior({ sde, space, shape: SHAPE, seed: 0 })
const given = samplePrior({ sde, space, shape: SHAPE, seed: 1 })

const nullModel = { predicts: 'noise', tMin: 1e-3, evaluate: () => clone(given) }
const samplers = [
  ['Euler–Maruyama', eulerMaruyama, reverseSde],
  ['DPM-Solver++(2M)', dpmSolverPlusPlus2M, probabilityFlow],
  ['UniPC', uniPc, probabilityFlow],
]

let worst = 0
for (const threads of counts.length > 0 ? counts.map(Number) : [2, 1]) {
  const forward = await compileForward((weights, inputs) => ({ noise: network.apply(weights, inputs.x, inputs.t) }), params, undefined, { engine: 'onnxruntime', threads })
  const networkModel = {
    predicts: 'noise',
    tMin: 1e-3,
    async evaluate(state, t) {
      const { noise } = await forward.runArrays({ x: { data: await state.data(), shape: SHAPE }, t: { data: Float32Array.from(t), shape: [BATCH] } })
      return tensor(noise.data, SHAPE)
    },
  }
  for (const [name, sampler, dynamicsOf] of samplers) {
    const costs = { network: [], null: [] }
    for (let round = 0; round <= rounds; round++) { // round 0 warms up
      for (const [kind, model] of [['network', networkModel], ['null', nullModel]]) {
        const cost = await perStep(sampler(), dynamicsOf(sde, model, space), STEPS[kind])
        if (round > 0) costs[kind].push(cost)
      }
    }
    const shares = costs.null.map((cost, i) => cost / costs.network[i]).sort((a, b) => a - b)
    worst = Math.max(worst, median(shares))
    const percent = (share) => `${(100 * share).toFixed(1)} %`
    console.log(
      `${name}, ${threads} thread${threads > 1 ? 's' : ''}: a step ${median(costs.network).toFixed(1)} ms, of which outside the network ` +
        `${median(costs.null).toFixed(2)} ms, ${percent(median(shares))} (${percent(shares[0])} to ${percent(shares.at(-1))})`,
    )
  }
  await forward.close()
}

const repeated = async (once, count = 200) => {
  for (let i = 0; i < count / 10; i++) await once()
  const began = performance.now()
  for (let i = 0; i < count; i++) await once()
  return (performance.now() - began) / count
}
const parts = {
  'noise for one step': () => space.normal({ seed: 0, stream: 'benchmark', step: 0, firstSample: 0, draw: 0 }, x).dispose(),
  'a combination of two states': () => space.combine([0.5, 0.25], [x, given]).dispose(),
  'a combination of three states': () => space.combine([0.5, 0.25, 0.1], [x, given, x]).dispose(),
  'the check for NaN': () => space.magnitude(x),
}
for (const [name, once] of Object.entries(parts)) console.log(`    ${name}: ${(await repeated(once)).toFixed(3)} ms`)
console.log(`At most ${(100 * worst).toFixed(1)} % of a step is the sampler's; the bar is ${100 * BAR} %.`)
dispose([x, given, ...Object.values(params)])
await backend.close()
process.exitCode = worst > BAR ? 1 : 0

async function perStep(sampler, dynamics, steps) {
  const grid = lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps })
  const began = performance.now()
  const end = await lastState({ dynamics, sampler, grid, space, x, seed: 0 })
  const cost = (performance.now() - began) / steps
  end.dispose()
  return cost
}
