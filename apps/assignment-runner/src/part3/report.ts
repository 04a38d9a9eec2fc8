import type { Dataset } from '@sbgm/datasets'
import { figureMarkdown } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import type { ModelReport } from '../images/model-facts'
import { chosenSampling, filesSection, qualitySection, trainingSection } from '../images/report-sections'

/** The README of part 3's folder. */
export function part3Report(report: ModelReport, data: Dataset): string {
  const { seed, profile, figures, sampling } = report
  const { plan } = sampling
  return `# Part 3: the continuous VP SDE

A score network trained at all times of [0, 1] at once on ${datasetTitle(data)}, and the reverse SDE with it; seed ${seed}, profile ${profile}.${profile === 'smoke' ? ' Smoke only tries the program: the network is tiny and hardly trained, so the pictures are noise.' : ''}

${figureMarkdown(figures, 'samples')}

## 1. The SDE

$$dx = -\\tfrac12\\,\\beta(t)\\,x\\,dt + \\sqrt{\\beta(t)}\\,dw,\\qquad \\beta(t) = 0.1 + 19.9\\,t,\\qquad p_t(x_t \\mid x_0) = \\mathcal N\\bigl(\\alpha(t)\\,x_0,\\ \\sigma(t)^2 I\\bigr),$$

with α(t) = e^(−B(t)/2), σ(t)² = 1 − e^(−B(t)), B(t) = ∫₀ᵗ β: \`vpSde\` of \`@sbgm/sde-core\`. σ is computed without cancellation, so that times down to 1e-5 can be trained on.

${figureMarkdown(figures, 'data')}

## 2. The unified loss

Denoising score matching with a weighting λ(t), at times uniform in [1e-5, 1]:

$$L = \\mathbb E_{t, x_0, x_t}\\ \\lambda(t)\\,\\bigl\\| s_\\theta(x_t, t) - \\nabla \\log p_t(x_t \\mid x_0) \\bigr\\|^2,\\qquad \\nabla \\log p_t(x_t \\mid x_0) = -\\varepsilon/\\sigma(t) .$$

Here λ = σ², with s_θ = −ε_θ/σ: then it is E ‖ε_θ − ε‖², the same for every t. Other weightings (g² for the likelihood, min-SNR, uniform) are one argument of \`denoisingExample\`.

## 3. Network and training

${trainingSection(report, data)}

## 4. Sampling

${plan.origin === 'asked for' ? chosenSampling(sampling, 'the SDE') : ownSampling(plan.grid.length - 1)}

![The states on their way](samples.gif)

![The state ${plan.shown.words}, from noise to images.](along-the-way.png)

## 5. How good are they?

${qualitySection(report, data)}

${filesSection}
`
}

const ownSampling = (steps: number): string =>
  `From x_1 ~ N(0, I), the same noise that part 2 starts from, along dx = [f − g² s_θ] dt + g dw̄ in ${steps} steps of ${1 / steps}, the last one without noise; where t < 1e-3 the network is asked at 1e-3, σ included.`
