import type { Bar } from '../bar'
import { limitText, shortNumber } from '../bar'
import type { DrawnFigure } from './figures'
import { betaMax, betaMin } from './problem'
import type { PairComparison, ReachedLaw } from './results'
import type { ScoreError } from './score-error'
import type { Part1Settings } from './settings'
import type { UnifiedLoss } from './unified-loss'

/** What the text is written from. */
export interface ReportInput {
  readonly settings: Part1Settings
  readonly seed: number
  readonly score: ScoreError
  readonly loss: UnifiedLoss
  readonly reached: ReachedLaw
  readonly pairs: Readonly<Record<'forwardFlow' | 'reverseSde' | 'reverseFlow', PairComparison>>
  readonly bars: readonly Bar[]
  readonly figures: readonly DrawnFigure[]
}

const number = (value: number) => shortNumber(value).replace('-', '−')
const count = (n: number) => n.toLocaleString('en-US')

/** The README of part 1's folder: the closed form, the figures, the answers in numbers of this run. */
export function part1Report({ settings, seed, score, loss, reached, pairs, bars, figures }: ReportInput): string {
  const { network, training } = settings
  const figureOf = (name: string) => figures.filter((figure) => figure.name === name).map(({ caption }) => `![${caption}](${name}.png)`).join('')
  const pairRow = (name: string, { largestW1, w1AtEnd, endDifference, sameModeDifference, w1Between, otherMode }: PairComparison) =>
    `| ${[name, number(largestW1.learned), number(largestW1.exact), number(w1AtEnd.learned), number(w1AtEnd.exact), number(w1Between), number(endDifference.rootMeanSquare), number(sameModeDifference), otherMode === undefined ? '–' : `${number(100 * otherMode)} %`].join(' | ')} |`
  const missed = bars.filter(({ pass }) => !pass)

  return `# Part 1: an SDE on the line

VP SDE with β(t) = ${betaMin} + ${betaMax - betaMin} t on [0, 1], x_0 from ½ N(−3, 0.5²) + ½ N(3, 0.5²), ${count(settings.steps)} steps of ${number(1 / settings.steps)}, seed ${seed}.

## 1. The closed form

The SDE dx = −½ β(t) x dt + √β(t) dw is linear, so x_t given x_0 is Gaussian. With B(t) = ∫₀ᵗ β(u) du = ${betaMin} t + ${number((betaMax - betaMin) / 2)} t²:

$$p_t(x_t \\mid x_0) = \\mathcal N\\!\\left(x_t;\\ \\alpha(t)\\,x_0,\\ \\sigma(t)^2\\right),\\qquad \\alpha(t) = e^{-B(t)/2},\\qquad \\sigma(t)^2 = 1 - e^{-B(t)},$$

$$\\nabla_{x_t} \\log p_t(x_t \\mid x_0) = -\\frac{x_t - \\alpha(t)\\,x_0}{\\sigma(t)^2} = -\\frac{\\varepsilon}{\\sigma(t)}\\quad\\text{for}\\quad x_t = \\alpha(t)\\,x_0 + \\sigma(t)\\,\\varepsilon .$$

The mixture stays a mixture, with v(t) = 0.25 α(t)² + σ(t)²:

$$p_t(x) = \\tfrac12\\,\\mathcal N(x;\\,-3\\alpha,\\,v) + \\tfrac12\\,\\mathcal N(x;\\,3\\alpha,\\,v),\\qquad \\nabla\\log p_t(x) = \\sum_{k} r_k(x)\\,\\frac{\\pm 3\\alpha - x}{v},$$

with r_k(x) the probability that x came from component k. In the code: \`vpSde\`, \`perturb\`, \`conditionalScore\` and \`scalarMixtureTarget\` of \`@sbgm/sde-core\`.

## 2. The learned score

A perceptron of ${network.layers} × ${network.width} units, which sees x and ${network.timeFeatures} sinusoidal features of t and predicts v = α ε − σ x_0, from which score, noise and x_0 follow. Trained on samples alone with the unified loss E‖ε̂ − ε‖² (λ(t) = σ² on the score): ${count(training.steps)} steps of ${count(training.batch)} fresh samples with stratified times, AdamW with learning rate ${training.learningRate} falling as a cosine, averaged weights.

${figureOf('score')}

Its relative error e(t) is ${number(100 * score.mean)} % on average over t = 0.01 … 1 and at most ${number(100 * score.largest)} % for t ≥ 0.05. Where p_t has next to no mass, around 0 for small t and far out, the curves part: no sample says what the score is there.

On ${count(loss.samples)} fresh samples the unified loss E σ² (s − ∇ log p_t(x_t | x_0))² is ${loss.learned.toPrecision(5)}; for the exact score it is ${loss.exact.toPrecision(5)}, the least there can be on average.

${figureOf('score-error')}

## 3. The forward SDE: what distribution did we reach?

${count(reached.points)} points by Euler–Maruyama, x ← x + f Δt + g √Δt z.

${figureOf('forward-sde')}

Mean ${number(reached.mean)}, variance ${number(reached.variance)}. The Kolmogorov–Smirnov distance is ${number(reached.ksToPrior)} to N(0, 1) and ${number(reached.ksToExact)} to the exact p_1. For comparison: N(0, 1) itself is ${number(reached.priorError)} from p_1, because α(1) = 0.0066 leaves a trace of the two modes; the discretised process is ${number(reached.discretisationError)} from p_1 (from the exact recursion of its moments); and ${count(reached.points)} exact draws would show ${number(reached.samplingLevel)} or less in 999 of 1000 cases. ${
    reached.ksToExact <= reached.samplingLevel + reached.discretisationError
      ? `So what was reached is p_1 within what ${count(reached.points)} points can tell${reached.ksToPrior <= reached.samplingLevel ? ', and cannot be told from N(0, 1) either' : ''}.`
      : 'So what was reached differs from p_1 by more than sampling and discretisation explain.'
  }

${figureOf('ends')}

## 4. The probability-flow ODE, forward

dx = [f − ½ g² s_θ] dt by Euler steps: no noise, the same marginals.

${figureOf('forward-ode')}

## 5. The reverse SDE

dx = [f − g² s_θ] dt + g dw̄ from N(0, 1) at t = 1 back to t = 0; the last step adds no noise.

${figureOf('reverse-sde')}

## 6. The reverse probability-flow ODE

${figureOf('reverse-ode')}

The paths of the SDE are rough and cross; those of the ODE are smooth and never do, since on the line the flow keeps the order of the points.

## What the network costs

Parts 4 to 6 once more with the exact score, from the same points with the same noise: what is left is the error of the step, and the difference is the network's.

| | largest W1, learned | exact | W1 at the end, learned | exact | W1 between the ends | RMS difference of the ends | the same within a mode | in the other mode |
|---|---|---|---|---|---|---|---|---|
${pairRow('forward ODE', pairs.forwardFlow)}
${pairRow('reverse SDE', pairs.reverseSde)}
${pairRow('reverse ODE', pairs.reverseFlow)}

${figureOf('learned-against-exact')}

A point that passes close to the border between the modes may end in the other one with a slightly different score, which moves it by about 6: such points weigh heavily in the RMS difference and hardly in the laws. The distances themselves are mostly those of a finite sample: the dotted curves below the heat maps show what as many exact draws have on average.

## Bars

${missed.length === 0 ? 'All are met.' : `${missed.length} of ${bars.length} ${missed.length === 1 ? 'is' : 'are'} missed.`}

| bar | value | limit | |
|---|---|---|---|
${bars.map(({ name, value, limit: allowed, pass }) => `| ${name} | ${number(value)} | ${limitText(allowed).replace(/-/g, '−')} | ${pass ? 'met' : '**missed**'} |`).join('\n')}

Figures are here as SVG too. \`score-network.safetensors\` holds the averaged weights, \`metrics.json\` all numbers.
`
}
