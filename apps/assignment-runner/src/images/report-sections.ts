import type { Dataset } from '@sbgm/datasets'
import { parameterLayout } from '@sbgm/training'
import { limitText, shortNumber, type Bar } from '../bar'
import { figureMarkdown } from '../drawn-figure'
import type { JudgesQuality } from '../judges/judges-quality'
import { metricsMarkdown } from '../judges/quality-bars'
import { durationText } from '../pace'
import { datasetTitle } from './dataset-title'
import { meanRate } from './figures'
import type { ModelReport } from './model-facts'
import type { ModelStart } from './train-score-model'

const count = (n: number) => n.toLocaleString('en-US')
const number = (value: number) => shortNumber(value).replace('-', '−')

/** The section about network and training. */
export function trainingSection({ settings, model, testLoss, figures }: ModelReport, { train }: Dataset): string {
  const { network, training } = settings
  const last = model.log[model.log.length - 1]
  const widths = network.multipliers.map((multiplier) => network.baseWidth * multiplier)
  const seen = training.steps * training.batch
  return `A UNet of ${count(parameterLayout(model.params).total)} parameters: ${widths.join(', ')} features on ${widths.length} levels, ${network.blocksPerLevel} residual ${network.blocksPerLevel === 1 ? 'block' : 'blocks'} on each, group normalisation, SiLU, attention on the lowest level, the time through sinusoidal features; its layers stand in \`network.txt\`. ${startInWords(model.start, training.steps)}Trained for ${count(training.steps)} steps of ${training.batch} images, ${number(seen / train.count)} times the ${count(train.count)} training images of ${datasetTitle(train)}, in ${durationText(last.seconds)} (${Math.round(meanRate(model.log))} images per second), by AdamW with a learning rate of ${training.learningRate} after a warm-up of ${training.warmup} steps, falling as a cosine; gradients clipped to norm 1; averaged weights with decay ${training.averageDecay}.

${figureMarkdown(figures, 'training')}

The mean loss of the last steps, about a hundred where there are as many, is ${number(last.meanLoss)}. On test images the averaged weights have ${number(testLoss.mean)} on average over all times, from ${number(Math.min(...testLoss.losses))} to ${number(Math.max(...testLoss.losses))}, the largest at t = ${number(testLoss.times[testLoss.losses.indexOf(Math.max(...testLoss.losses))])}.

${figureMarkdown(figures, 'loss-over-time')}`
}

/** Where the weights come from, where they are not drawn by the seed alone. */
function startInWords(start: ModelStart, steps: number): string {
  if (start.kind === 'random') return ''
  const share = Math.round((100 * steps) / start.steps)
  return `**It starts from the weights that part ${start.part} has averaged** over its ${count(start.steps)} steps (sha256 \`${start.sha256.slice(0, 12)}…\`), and is then trained for ${share} % as many on the SDE of this part; \`--parts 3\` with an \`--out\` of its own trains it from the beginning. `
}

/** What a report says of samples drawn by a sampler that was asked for. */
export function chosenSampling({ plan: { name, title, conditions, steps, sampler }, evaluations }: ModelReport['sampling'], sde: string): string {
  const path = sampler.stochastic ? `the reverse of ${sde}, dx = [f − g² s_θ] dt + g dw̄` : `the probability flow of ${sde}, dx = [f − ½ g² s_θ] dt, which has the same law at every time and adds no noise`
  return `By ${title}, as \`--sampler ${name}\` asks for${steps === 'its own choice' ? '' : `, in ${count(steps)} ${steps === 1 ? 'step' : 'steps'}`}, along ${path}: ${conditions}; ${number(evaluations)} evaluations of the network for each image. It starts from N(0, σ(t)²) at the first of these times.`
}

/** The section about how good the samples are, in numbers. */
export function qualitySection({ judged, figures }: ModelReport, { name }: Dataset): string {
  const title = datasetTitle({ name })
  const { table, bars } = judged
  const { samples, reference: { real } } = table
  const { frechetSets: sets } = real
  const yardstick = sets?.std === undefined
    ? ''
    : `\n\nOf so few images the Fréchet distance is mostly bias, and differs from one draw to the next: that of real images is the mean over ${sets.sets} sets of ${real.count}, ± the standard deviation of one set (${number(sets.std)}), and the samples are one set.`
  return `Two networks judge, which the program trained on ${title} (\`../judges/\`), neither on anything that a model made: one knows the classes, and its 64 features give the Fréchet distance; one knows also "none of them", which it learned from noise and from spoilt images, and says how confidently an image is of a class. ${judgesInWords(table.reference.judges, title)} All images are clamped to [−1, 1] first.

${metricsMarkdown(table)}${yardstick}

${number(100 * samples.confidentShare)} % of the ${samples.count} samples are called a class with a confidence of at least 0.9, of as many real images ${number(100 * real.confidentShare)} %. The median distance of a sample to the nearest training image is ${number(samples.nearest)}, of a real test image ${number(real.nearest)}${samples.nearest < 0.5 * real.nearest ? '; less than half of it, which points to copies' : '; less than half of it would point to copies'}.

${figureMarkdown(figures, 'quality')}

${figureMarkdown(figures, 'nearest')}

${barsTable(bars, name)}`
}

/** How good the judges themselves are. */
function judgesInWords({ accuracy, ownConfident, calledAny }: JudgesQuality, dataset: string): string {
  const forms = Object.entries(calledAny).map(([form, share]) => `${number(100 * share)} % of ${form}`).join(', ')
  return `Of the test images of ${dataset} the first puts ${number(100 * accuracy)} % into their class, and the second calls ${number(100 * ownConfident)} % their own class with a confidence of at least 0.9; of forms that it was not trained on it calls ${forms} any class.`
}

function barsTable(bars: readonly Bar[], dataset: string): string {
  if (bars.length === 0) return `The bars were set for published sets; a run on ${datasetTitle({ name: dataset })} has none.`
  const missed = bars.filter(({ pass }) => !pass).length
  return `## Bars

${dataset === 'mnist' ? '' : `The bars of the samples were set for MNIST and are not held against ${datasetTitle({ name: dataset })}. `}${missed === 0 ? 'All are met.' : `${missed} of ${bars.length} ${missed === 1 ? 'is' : 'are'} missed.`}

| bar | value | limit | |
|---|---|---|---|
${bars.map(({ name, value, limit, pass }) => `| ${name} | ${number(value)} | ${limitText(limit).replace(/-/g, '−')} | ${pass ? 'met' : '**missed**'} |`).join('\n')}`
}

/** What the files of the folder are. */
export const filesSection = `Figures are here as SVG too. \`score-model.safetensors\` holds the averaged weights, \`training.jsonl\` the training step by step, \`samples/\` the images as the samplers left them, \`metrics.json\` all numbers.`
