// %% [markdown]
// ## Part 1: an SDE on the line
//
// ### What is known exactly
//
// The SDE is linear, so $p_t(x_t \mid x_0) = \mathcal N(\alpha(t)\,x_0,\ \sigma(t)^2)$ with $\alpha = e^{-B/2}$, $\sigma^2 = 1 - e^{-B}$, $B(t) = \int_0^t \beta$. The data are $x_0 \sim \tfrac12 \mathcal N(-3, 0.5^2) + \tfrac12 \mathcal N(3, 0.5^2)$. Under the SDE they stay such a mixture, so every marginal $p_t$ and its score $\nabla \log p_t$ are known, and all that follows can be held against them.

// %%
import { sampleMoments, splitModes, wasserstein1 } from '@sbgm/evaluation'
import { euler, eulerMaruyama, record, recordHistogram, recordTrajectories } from '@sbgm/samplers'
import {
  conditionalScore, convert, denoisingExample, denoisingLoss, type Dynamics, forwardSde, hostSpace, hostState,
  marginal, perturb, type Prediction, type Predictor, predictor, probabilityFlow, reverseSde, type Sampler,
  samplePrior, scalarMixtureTarget, tensorSpace, timesOf, timeSampler, uniformGrid,
} from '@sbgm/sde-core'
import { parametersFromHost } from '@sbgm/training'
import { scoreMlp, type ScoreMlpOptions } from '@sbgm/unet'
import { colorScale, densityColumns, densityHeatmap, figure, line, linePalette, panel } from '@sbgm/viz'
import { dispose, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import { print, sde, seed, show, size, trained, trainedWeights } from './setup'

const mixture = scalarMixtureTarget({ sde, weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] })
for (const t of [0.01, 0.1, 0.5, 1]) {
  const [drift, diffusion] = [sde.driftScale(t), sde.diffusion(t)].map((value) => value.toFixed(4))
  const [alpha, sigma] = [sde.schedule.alpha(t), sde.schedule.sigma(t)].map((value) => value.toFixed(4))
  print(`t = ${t}: β = ${sde.beta(t).toFixed(3)}, drift ${drift} x, diffusion ${diffusion}, α = ${alpha}, σ = ${sigma}`)
}

// one point at t = 0.3: the law it is drawn from, where it is drawn, and the score of that law there, which is −ε/σ
const point = { x0: hostState([2.5], [1]), t: Float64Array.of(0.3) }
const draw = hostSpace.normal({ seed, stream: 'notebook/point', step: 0, firstSample: 0, draw: 0 }, point.x0)
const law = marginal({ sde, space: hostSpace, ...point })
const drawn = perturb({ sde, space: hostSpace, ...point, noise: draw })
const slope = conditionalScore({ sde, space: hostSpace, ...point, x: drawn })
print(`x_0 = 2.5 at t = 0.3 has the law N(${law.mean.data[0].toFixed(4)}, ${law.std[0].toFixed(4)}²)`)
print(`drawn from it: ${drawn.data[0].toFixed(4)}`)
print(`score there: ${slope.data[0].toFixed(4)}; −ε/σ: ${(-draw.data[0] / law.std[0]).toFixed(4)}`)

// %% [markdown]
// ### Forward SDE: data to noise
//
// Euler–Maruyama, $x \leftarrow x + f(t)\,x\,\Delta t + g(t)\sqrt{\Delta t}\,z$. The figure counts the points at every time, beside the exact marginal. The printed $W_1$ is the Wasserstein distance of the last points to the exact law.

// %%
const edges = Float64Array.from({ length: 121 }, (_, i) => -6 + i / 10)
const bins = edges.length - 1

/** Goes along the dynamics from t = 0 to 1 or back: where the points end, and their histogram at every time. */
async function simulated(
  title: string, { dynamics, sampler, x }: { dynamics: Dynamics; sampler: Sampler; x: Tensor }, direction: 'forward' | 'reverse',
): Promise<void> {
  const [from, to] = direction === 'forward' ? [0, 1] : [1, 0]
  const histogram = recordHistogram({ low: -6, high: 6, bins })
  const paths = recordTrajectories(direction === 'reverse' ? [0, 1] : [])
  const last = await record({
    dynamics, sampler, x, space: tensorSpace, grid: uniformGrid({ from, to, steps: size.steps }),
    seed, stream: `notebook/${title}`, recorders: [histogram, paths],
  })
  const end = Float64Array.from(await last.data())
  last.dispose()

  const noted = direction === 'forward' ? [...histogram.histograms] : [...histogram.histograms].reverse()
  const columns = noted.filter((_, i) => i % Math.ceil(size.steps / 100) === 0) // about a hundred are drawn
  const counts = new Uint32Array(columns.length * bins)
  columns.forEach((column, i) => counts.set(column.counts, i * bins))
  const exactIn = (bin: number, t: number) => (mixture.cdf(edges[bin + 1], t) - mixture.cdf(edges[bin], t)) / (edges[bin + 1] - edges[bin])
  const exact = columns.flatMap(({ t }) => Array.from({ length: bins }, (_, bin) => exactIn(bin, t)))

  const { mean, variance } = sampleMoments(end)
  const distance = wasserstein1(end, (value) => mixture.cdf(value, to))
  print(`at t = ${to}: mean ${mean.toFixed(3)}, variance ${variance.toFixed(3)}, W1 to the exact law ${distance.toFixed(3)}`)
  const { left, right } = splitModes(end, 0)
  for (const { weight, mean: middle, std } of direction === 'reverse' ? [left, right] : []) {
    print(`${(100 * weight).toFixed(1)} % at ${middle.toFixed(3)} ± ${std.toFixed(3)}`)
  }
  await show(densityHeatmap({
    title, direction, times: columns.map(({ t }) => t), edges, colors: colorScale({ domain: [0, 0.42], exponent: 0.5 }),
    density: densityColumns({ counts, edges, total: end.length }), exact,
    trajectories: paths.paths.map((path, i) => (
      { times: [...paths.times], values: path.map(([value]) => value), label: `trajectory ${i + 1}` }
    )),
  }))
}

const data = mixture.draw(tensorSpace, { count: size.points, seed })
await simulated('Forward SDE', { dynamics: forwardSde(sde, tensorSpace), sampler: eulerMaruyama(), x: data }, 'forward')

// %% [markdown]
// ### Learning the score
//
// A perceptron sees $(x, t)$ and predicts $v = \alpha\,\varepsilon - \sigma\,x_0$, from which the score follows. It learns from samples alone, by $\mathbb E\,\lambda(t)\,\|s_\theta(x_t, t) - \nabla \log p_t(x_t \mid x_0)\|^2$ with $\lambda = \sigma^2$ and $t$ uniform, one in each $n$-th of $[0, 1]$.

// %%
const lineWeights = trainedWeights<ScoreMlpOptions<'v'>>('part1/score-network.safetensors')
const lineNetwork = scoreMlp(lineWeights.options)
const lineStart = lineNetwork.init(seed)
const lineTimes = timeSampler({ sde, tMin: 1e-3 })
const lineBatch = 256

const briefWeights = await trained({
  title: 'Part 1: training of the score network', params: lineStart,
  steps: size.lineTraining, learningRate: 4e-3, averageDecay: 0.98,
  loss: (params, { x, t, target, weight }) =>
    denoisingLoss(lineNetwork.apply(params, x, t as Tensor1D), target, weight as Tensor1D),
  batch(step) {
    const firstSample = 2 ** 31 + step * lineBatch // other points than those of the simulations
    const x0 = mixture.draw(hostSpace, { count: lineBatch, seed, firstSample })
    const { times: t } = lineTimes({ count: lineBatch, seed, step })
    const noise = hostSpace.normal({ seed, stream: 'notebook/line', step, firstSample: 0, draw: 0 }, x0)
    const { x, target, weight } = denoisingExample({ sde, space: hostSpace, x0, noise, t, predicts: 'v' })
    return { x, target, weight: { data: weight, shape: [lineBatch] }, t: { data: t, shape: [lineBatch] } }
  },
})

// %% [markdown]
// After so few steps the network knows little. From here on it has the weights that the program trained for longer. Both are shown beside the exact score, where the data are.

// %%
const lineParams = parametersFromHost(lineWeights.tensors, lineStart)
const lineModel = predictor(lineNetwork, lineParams, sde, { tMin: 1e-3 })
const briefModel = predictor(lineNetwork, briefWeights, sde, { tMin: 1e-3 })

const xs = hostState(Float64Array.from({ length: 121 }, (_, i) => -6 + i / 10))
/** A model's score at all of xs. */
async function scores(model: Predictor<Prediction>, t: number): Promise<Float64Array> {
  const x = tensorSpace.fromHost(xs)
  const found = await convert(model, 'score', { sde, space: tensorSpace }).evaluate(x, timesOf(hostSpace, xs, t))
  const values = Float64Array.from(await found.data())
  dispose([x, found])
  return values
}
const cells = []
for (const t of [0.05, 0.2, 0.5]) {
  const dashes = [{ color: linePalette.blue, dash: 'dashed' }, { color: linePalette.orange, dash: 'dotted' }] as const
  const { data: exact } = await mixture.predictor('score', hostSpace).evaluate(xs, timesOf(hostSpace, xs, t))
  cells.push(panel({
    title: `t = ${t}`, x: { label: 'x' }, y: { label: 'score' },
    layers: [
      line({ x: xs.data, y: exact, label: 'exact', color: linePalette.black }),
      line({ x: xs.data, y: await scores(lineModel, t), label: "the program's weights", ...dashes[0] }),
      line({ x: xs.data, y: await scores(briefModel, t), label: 'after the training above', ...dashes[1] }),
    ],
  }))
}
await show(figure({ title: 'Learned against exact score', legend: 'shared', width: 1000, rows: [{ height: 220, cells }] }))

// %% [markdown]
// ### Probability flow: data to noise without noise
//
// $\frac{dx}{dt} = f(t)\,x - \tfrac12\,g(t)^2\,s_\theta(x, t)$ has the same marginals as the SDE; here by Euler's method.

// %%
const flow = probabilityFlow(sde, lineModel, tensorSpace)
await simulated('Forward ODE', { dynamics: flow, sampler: euler(), x: data }, 'forward')

// %% [markdown]
// ### Reverse SDE: noise to data
//
// $dx = [f(t)\,x - g(t)^2\,s_\theta(x, t)]\,dt + g(t)\,d\bar w$ from $\mathcal N(0, 1)$ at $t = 1$ back to $t = 0$; the last step adds no noise. What comes back should be half of it at $-3 \pm 0.5$ and half at $3 \pm 0.5$.

// %%
const prior = samplePrior({ sde, space: tensorSpace, shape: [size.points, 1], seed })
const lineReverse = reverseSde(sde, lineModel, tensorSpace)
await simulated('Reverse SDE', { dynamics: lineReverse, sampler: eulerMaruyama(), x: prior }, 'reverse')

// %% [markdown]
// ### The probability flow, backwards

// %%
await simulated('Reverse ODE', { dynamics: flow, sampler: euler(), x: prior }, 'reverse')
for (const owned of [lineStart, lineParams, briefWeights, { data, prior }]) dispose({ ...owned })
