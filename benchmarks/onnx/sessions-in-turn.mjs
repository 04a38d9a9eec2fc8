/*
 * What two compiled networks cost that take turns, as the score and the gradient of a classifier do in guided sampling: the time of a pair
 * of evaluations, one after the other, against the sum of what each takes when it is evaluated again and again by itself. 1 is best.
 * All take turns, round after round; what counts is the median of the rounds' ratios, printed with their range.
 *
 *   npm run build && node benchmarks/onnx/sessions-in-turn.mjs [rounds, at least 7] [threads]
 */
import { availableParallelism } from 'node:os'
import { openBackend } from '@sbgm/backends'
import { logProbabilityGradient } from '@sbgm/guidance'
import { compileForward } from '@sbgm/onnx'
import { fillNormal } from '@sbgm/sde-core'
import { noisyClassifier, unet } from '@sbgm/unet'
import { median } from '../python-twin.mjs'

const BATCH = 64
const PER_TURN = 10
const [asked = 7, threads = availableParallelism()] = process.argv.slice(2).map(Number)
if (!(asked >= 1)) throw new Error(`The number of rounds must be a positive number; got ${asked}.`)

await openBackend({ engine: 'wasm' })
const images = new Float32Array(BATCH * 784)
fillNormal(images, 784, { seed: 0, stream: 'benchmark', step: 0, firstSample: 0, draw: 0 })
const x = { data: images, shape: [BATCH, 28, 28, 1] }
const t = { data: new Float32Array(BATCH).fill(0.5), shape: [BATCH] }
const label = { data: new Int32Array(BATCH).fill(5), shape: [BATCH] }

const quick = { height: 28, width: 28, baseWidth: 16, multipliers: [1, 2, 4], blocksPerLevel: 1 }
const network = unet({ ...quick, predicts: 'noise' })
const classifier = noisyClassifier({ ...quick, channels: 1, classes: 10 })
const noise = await compileForward((p, inputs) => ({ noise: network.apply(p, inputs.x, inputs.t) }), network.init(0), undefined, { engine: 'onnxruntime', threads })
const guide = await compileForward((p, inputs) => ({ gradient: logProbabilityGradient((y, at) => classifier.apply(p, y, at))(inputs.x, inputs.t, inputs.label) }), classifier.init(0), undefined, { engine: 'onnxruntime', threads })

const evaluations = {
  score: () => noise.runArrays({ x, t }),
  gradient: () => guide.runArrays({ x, t, label }),
  pair: async () => {
    await noise.runArrays({ x, t })
    await guide.runArrays({ x, t, label })
  },
}
const times = { score: [], gradient: [], pair: [] }
for (let round = 0; round <= asked; round++) { // round 0 warms up
  for (const [name, evaluate] of Object.entries(evaluations)) {
    await evaluate() // whatever ran before has come to rest
    const began = performance.now()
    for (let i = 0; i < PER_TURN; i++) await evaluate()
    if (round > 0) times[name].push((performance.now() - began) / PER_TURN)
  }
}
const ratios = times.pair.map((pair, i) => pair / (times.score[i] + times.gradient[i])).sort((a, b) => a - b)
const ms = (name) => `${median(times[name]).toFixed(1)} ms`
console.log(`${threads} threads: score ${ms('score')}, gradient ${ms('gradient')}, one after the other ${ms('pair')}`)
console.log(`in turn / alone: ${median(ratios).toFixed(2)} (${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)})`)
await noise.close()
await guide.close()
