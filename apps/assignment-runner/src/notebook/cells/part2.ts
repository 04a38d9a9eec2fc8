// %% [markdown]
// ## Part 2: a DDPM as a score network
//
// ### The chain
//
// $x_i = \sqrt{1 - \beta_i}\,x_{i-1} + \sqrt{\beta_i}\,z$ with $\beta_i$ from 1e-4 to 0.02, $i = 1 \dots T = 1000$, has $x_i = \sqrt{\bar\alpha_i}\,x_0 + \sqrt{1 - \bar\alpha_i}\,\varepsilon$ with $\bar\alpha_i = \prod_{j \le i} (1 - \beta_j)$. The network sees $t = i/T$, so that it serves the SDE too that the chain discretises.

// %%
import { ancestral, eulerMaruyama } from '@sbgm/samplers'
import { discreteDdpm, fillUniform, predictor, reverseSde, scoreFromDiscreteNoise, tensorSpace } from '@sbgm/sde-core'
import { imageGrid } from '@sbgm/viz'
import { dispose } from '@tensorflow/tfjs-core'
import { imageSet, noiseNetwork, sampledImages, strip, trainNoise } from './images'
import { print, seed, show, size } from './setup'

const chain = discreteDdpm()
for (const i of [1, 10, 100, 500, 1000]) {
  const [beta, noiseLevel] = [chain.betas[i - 1], chain.sqrtOneMinusAlphaBars[i - 1]]
  print(`i = ${i}: β = ${beta.toPrecision(3)}, √(1 − ᾱ) = ${noiseLevel.toFixed(4)}`)
}

const { network: chainNetwork, params: chainParams } = noiseNetwork('part2/score-model.safetensors')
print(chainNetwork.summary())

// %% [markdown]
// ### The DDPM loss
//
// $\mathbb E_{i, x_0, \varepsilon}\,\|\varepsilon - \varepsilon_\theta(x_i, i/T)\|^2$ with $i$ uniform on $1 \dots T$, stratified over the batch: some steps with weights of its own.

// %%
/** Times i/T, one in each n-th of the chain. */
function chainTimes(step: number): Float64Array {
  const uniforms = new Float64Array(size.batch)
  fillUniform(uniforms, 1, { seed, stream: 'notebook/chain', step, firstSample: 0, draw: 0 })
  return uniforms.map((u, k) => (Math.floor(((k + u) / size.batch) * chain.steps) + 1) / chain.steps)
}
await trainNoise('Part 2: training by the DDPM loss', chainNetwork, { sde: chain.sde, times: chainTimes })

// %% [markdown]
// ### The network as a score, and ancestral sampling
//
// With the weights that the program trained. The best $\varepsilon_\theta$ is $\mathbb E[\varepsilon \mid x_i]$, so $s_\theta(x, t) = -\varepsilon_\theta(x, t)/\sqrt{1 - \bar\alpha_{tT}}$ is the score. Ancestral sampling goes $x_{i-1} = (x_i + \beta_i\,s_\theta)/\sqrt{1 - \beta_i} + \sqrt{\beta_i}\,z$; a step that spans several of the chain's has the $\beta$ of them all.

// %%
const chainNoise = predictor(chainNetwork, chainParams, chain.sde, { tMin: 1 / chain.steps })
const chainScore = scoreFromDiscreteNoise(chainNoise, chain.sqrtOneMinusAlphaBars, tensorSpace)
const chainReverse = reverseSde(chain.sde, chainScore, tensorSpace)
const byAncestral = await sampledImages({ dynamics: chainReverse, sampler: ancestral() })
await show(imageGrid(imageSet(byAncestral.pixels), { columns: 8, title: 'Part 2: ancestral sampling' }))

// %%
await show(strip('Part 2: from noise to images', byAncestral.states))

// %% [markdown]
// ### The same network by the reverse SDE
//
// The chain's limit is the VP SDE with $\beta(t)$ from 0.1 to 20, so its score drives $dx = [f\,x - g^2 s_\theta]\,dt + g\,d\bar w$ as well. From the same noise the images are much like those above.

// %%
const continuousReverse = reverseSde(chain.continuous, chainScore, tensorSpace)
const byReverseSde = await sampledImages({ dynamics: continuousReverse, sampler: eulerMaruyama() })
dispose({ ...chainParams })
await show(imageGrid(imageSet(byReverseSde.pixels), { columns: 8, title: 'Part 2: the reverse SDE' }))
