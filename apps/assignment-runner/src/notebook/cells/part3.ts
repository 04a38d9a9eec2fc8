// %% [markdown]
// ## Part 3: the continuous VP SDE
//
// ### Drift, diffusion and the law at a time
//
// For an image $x_0$: the law of $x_t$ is $\mathcal N(\alpha(t)\,x_0,\ \sigma(t)^2 I)$, and the figure draws from it; `drift` and `diffusion` are $f(t)\,x_t$ and $g(t)$.

// %%
import { imagesOf } from '@sbgm/datasets'
import { eulerMaruyama } from '@sbgm/samplers'
import {
  convert, forwardSde, type HostState, hostSpace, marginal, perturb, predictor, reverseSde, tensorSpace, timeSampler,
} from '@sbgm/sde-core'
import { filmStrip, imageGrid } from '@sbgm/viz'
import { dispose } from '@tensorflow/tfjs-core'
import { images, imageSet, noiseNetwork, sampledImages, strip, trainNoise } from './images'
import { print, sde, seed, show, size } from './setup'

const first = imagesOf(images.train, Int32Array.of(0))
const clean = { data: Float64Array.from(first.data), shape: first.shape }
const whiteNoise = hostSpace.normal({ seed, stream: 'notebook/image', step: 0, firstSample: 0, draw: 0 }, clean)
const norm = (values: ArrayLike<number>) => Math.hypot(...Array.from(values)).toFixed(2)

const forward = forwardSde(sde, hostSpace)
const noised: { t: number; x: HostState }[] = []
for (const t of [0, 0.1, 0.2, 0.3, 0.5, 0.8, 1]) {
  const at = { sde, space: hostSpace, x0: clean, t: Float64Array.of(t) }
  const x = perturb({ ...at, noise: whiteNoise })
  const { mean, std } = marginal(at)
  const [drift, diffusion] = [await forward.drift(x, at.t), forward.diffusion(t)]
  print(`t = ${t}: mean of length ${norm(mean.data)}, standard deviation ${std[0].toFixed(4)}`)
  print(`    drift of length ${norm(drift.data)}, diffusion ${diffusion.toFixed(3)}`)
  noised.push({ t, x })
}
await show(filmStrip({
  title: 'Part 3: an image under the SDE',
  times: noised.map(({ t }) => t), states: noised.map(({ x }) => imageSet(x.data)),
}))

// %% [markdown]
// ### The unified loss
//
// $\mathbb E_{t, x_0, x_t}\,\lambda(t)\,\|s_\theta(x_t, t) - \nabla \log p_t(x_t \mid x_0)\|^2$ at times uniform in $[10^{-5}, 1]$. With $\lambda = \sigma^2$ and $s_\theta = -\varepsilon_\theta/\sigma$ it is $\mathbb E\,\|\varepsilon_\theta - \varepsilon\|^2$, the same weight for every time. Some steps with weights of its own:

// %%
const { network: sdeNetwork, params: sdeParams } = noiseNetwork('part3/score-model.safetensors')
const sdeTimes = timeSampler({ sde, tMin: 1e-5 })
await trainNoise('Part 3: training by the unified loss', sdeNetwork, {
  sde, times: (step) => sdeTimes({ count: size.batch, seed, step }).times,
})

// %% [markdown]
// ### The reverse SDE
//
// With the weights that the program trained: $dx = [f(t)\,x - g(t)^2\,s_\theta(x, t)]\,dt + g(t)\,d\bar w$ from $\mathcal N(0, I)$, by Euler–Maruyama. The network is asked for no time earlier than $10^{-3}$, where the score is a small difference of large numbers.

// %%
const sdeScore = convert(predictor(sdeNetwork, sdeParams, sde, { tMin: 1e-3 }), 'score', { sde, space: tensorSpace })
const reverse = reverseSde(sde, sdeScore, tensorSpace)
const halfway = noised[4]
const half = tensorSpace.fromHost(halfway.x)
const reverseDrift = await reverse.drift(half, Float64Array.of(halfway.t))
print(`the image above at t = ${halfway.t}: reverse drift of length ${norm(await reverseDrift.data())}`)
const samples = await sampledImages({ dynamics: reverse, sampler: eulerMaruyama() })
dispose({ ...sdeParams, half, reverseDrift })
await show(imageGrid(imageSet(samples.pixels), { columns: 8, title: 'Part 3: the reverse SDE' }))

// %%
await show(strip('Part 3: from noise to images', samples.states))
