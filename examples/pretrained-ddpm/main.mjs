// A DDPM that somebody trained, sampled in 20 evaluations instead of 1000: DPM-Solver++(2M) against the chain's own ancestral sampling.
import '@tensorflow/tfjs-backend-cpu'
import { ancestral, dpmSolverPlusPlus2M, lastState } from '@sbgm/samplers'
import { discreteDdpm, lambdaGrid, mixtureTarget, probabilityFlow, reverseSde, samplePrior, tensorSpace as space, timeGrid } from '@sbgm/sde-core'
import { tidy } from '@tensorflow/tfjs-core'

const chain = discreteDdpm({ betaStart: 1e-4, betaEnd: 0.02, steps: 1000 }) // the β of the training
const { sde } = chain

// Stands for your network ε(x, i) with i = 0 … 999: what a perfect one says where the data are two clouds, 3 to 1, in the plane.
const data = mixtureTarget({ sde, weights: [0.75, 0.25], means: [[-1, 0.5], [1, -0.5]], stds: [[0.2, 0.2], [0.1, 0.3]] })
const perfect = data.predictor('noise', space)
const network = (x, index) => perfect.evaluate(x, index.map((i) => (i + 1) / chain.steps))

const model = {
  predicts: 'noise',
  tMin: 1 / chain.steps, // its first step: it knows no earlier time
  evaluate: (x, t) => tidy(() => network(x, t.map((time) => time * chain.steps - 1))), // step i is index i − 1
}

const x = samplePrior({ sde, space, shape: [400, 2], seed: 7 })
const whole = timeGrid(Float64Array.from({ length: chain.steps }, (_, i) => (chain.steps - i) / chain.steps))
const runs = {
  'DPM-Solver++(2M), 20 evaluations': {
    dynamics: probabilityFlow(sde, model, space),
    sampler: dpmSolverPlusPlus2M(),
    grid: lambdaGrid(sde.schedule, { from: 1, to: 1 / chain.steps, steps: 20 }),
  },
  'ancestral, 999 evaluations': { dynamics: reverseSde(sde, model, space), sampler: ancestral(), grid: whole },
}
for (const [name, run] of Object.entries(runs)) {
  const end = await lastState({ ...run, space, x, seed: 7 })
  console.log(name, describe((await space.toHost(end)).data))
  end.dispose()
}
x.dispose()

/** How many points lie near each cloud, and how wide the first cloud is. */
function describe(points) {
  const left = []
  for (let i = 0; i < points.length; i += 2) if (points[i] < 0) left.push(points[i])
  const mean = left.reduce((sum, value) => sum + value, 0) / left.length
  const std = Math.sqrt(left.reduce((sum, value) => sum + (value - mean) ** 2, 0) / left.length)
  return `${((200 * left.length) / points.length).toFixed(0)} % in the left cloud, at ${mean.toFixed(2)} ± ${std.toFixed(2)}`
}
