import type { Dataset } from '@sbgm/datasets'
import { shortNumber } from '../bar'
import { figureMarkdown } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import type { ModelReport } from '../images/model-facts'
import type { SamplingPlan } from '../images/sampler-choice'
import { chosenSampling, filesSection, qualitySection, trainingSection } from '../images/report-sections'
import type { SamplerComparison } from './compare-samplers'

/** What part 2 reports beside the facts of its model. */
interface Part2Report extends ModelReport {
  /** How the images by the reverse SDE were drawn. */
  readonly reverse: SamplingPlan
  /** How far those are from the others. */
  readonly check: SamplerComparison
}

/** The README of part 2's folder. */
export function part2Report(report: Part2Report, data: Dataset): string {
  const { seed, profile, check, figures, sampling, reverse } = report
  const { plan } = sampling
  return `# Part 2: a DDPM as a score network

A network trained by the DDPM loss on ${datasetTitle(data)}, with continuous time t = i/T, T = 1000, turned into a score function and sampled; seed ${seed}, profile ${profile}.${profile === 'smoke' ? ' Smoke only tries the program: the network is tiny and hardly trained, so the pictures are noise.' : ''}

${figureMarkdown(figures, 'samples')}

## 1. The loss

The chain x_i = √(1 − β_i) x_(i−1) + √β_i z with β_i from 1e-4 to 0.02 has x_i = √ᾱ_i x_0 + √(1 − ᾱ_i) ε, ᾱ_i = Π_(j ≤ i) (1 − β_j). The network ε_θ(x, t) sees t = i/T in [0, 1], so that β(t) = β_(tT), and is trained to find the noise:

$$L = \\mathbb E_{i, x_0, \\varepsilon}\\,\\bigl\\| \\varepsilon - \\varepsilon_\\theta\\bigl(\\sqrt{\\bar\\alpha_i}\\,x_0 + \\sqrt{1 - \\bar\\alpha_i}\\,\\varepsilon,\\ i/T\\bigr) \\bigr\\|^2 .$$

${figureMarkdown(figures, 'data')}

## 2. Network and training

${trainingSection(report, data)}

## 3. The network as a score

The best ε_θ is E[ε | x_i], and ∇ log p_i(x) = −E[ε | x]/√(1 − ᾱ_i). So \`scoreFromDiscreteNoise(model, sqrtOneMinusAlphaBars)\` of \`@sbgm/sde-core\` is the score, s_θ(x, t) = −ε_θ(x, t)/√(1 − ᾱ_(tT)).

${plan.origin === 'asked for' ? `## 4. Sampling\n\n${chosenSampling(sampling, "the chain's SDE")}` : `## 4. Ancestral sampling\n\n${ownSampling(plan.grid.length - 1)}`}

![The states on their way](samples.gif)

![The state ${plan.shown.words}, from noise to images.](along-the-way.png)

## 5. The same model by the reverse SDE

The chain is a discretisation of the VP SDE with β(t) from 0.1 to 20, so the same score drives its reverse, dx = [f − g² s_θ] dt + g dw̄, here by ${reverse.words} of equal length, from the same starting points${plan.sampler.stochastic ? ' with the same noise' : ''}.

${figureMarkdown(figures, 'reverse-sde')}

The two samplers' images differ by ${shortNumber(check.rootMeanSquare)} per pixel (root mean square on [−1, 1]); unrelated images by ${shortNumber(check.unrelated)}. ${likeness(check)}

## 6. How good are they?

${qualitySection(report, data)}

${filesSection}
`
}

function likeness({ rootMeanSquare, unrelated }: SamplerComparison): string {
  const share = rootMeanSquare / unrelated
  if (share < 0.2) return `That is ${shortNumber(100 * share)} % of it: they make nearly the same images, one process in two ways of stepping.`
  return `That is ${shortNumber(100 * share)} % of it: ${share < 0.7 ? 'the images are alike, but not the same' : 'from the same noise they go different ways'}.`
}

const ownSampling = (steps: number): string =>
  `x_(i−1) = (x_i + β_i s_θ(x_i, i/T))/√(1 − β_i) + √β_i z from x_T ~ N(0, I), the last step without noise: \`ancestral()\` of \`@sbgm/samplers\`, ${steps} steps${steps === 1000 ? '' : ', each over several of the chain\'s, with the β of the whole'}.`
