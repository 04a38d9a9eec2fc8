import type { Dataset } from '@sbgm/datasets'
import type { Bar } from '../bar'
import { figureMarkdown, type DrawnFigure } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import type { Profile } from '../options'
import type { AllClassesNumbers } from './all-classes'
import { guidanceEffects } from './effects'
import { gridName } from './figures'
import type { InpaintingNumbers } from './inpainting'
import type { GammaMeasures, RealMeasures } from './measure'
import { allClassesSection, barsSection, classifierSection, inpaintingSection, measuresTable, type ClassifierFacts } from './report-sections'
import type { Part3Score } from './score-model'
import type { InpaintingSettings } from './settings'

/** What part 4's report is written from. */
export interface GuidanceReport {
  readonly seed: number
  readonly profile: Profile
  /** By ascending γ, the first without guidance. */
  readonly rows: readonly GammaMeasures[]
  /** The same of real test images of the class. */
  readonly real: RealMeasures
  /** What the class is called. */
  readonly title: string
  /** Where the score comes from. */
  readonly score: Pick<Part3Score, 'from' | 'sha256'>
  /** How the images were sampled, within a sentence. */
  readonly method: string
  /** Whether what γ = 0 made is, to the bit, what part 3 has. */
  readonly asPart3: boolean
  readonly classifier: ClassifierFacts
  /** Images of all classes, where they were made. */
  readonly allClasses?: AllClassesNumbers | undefined
  /** Completed images, where they were made. */
  readonly inpainting?: { readonly numbers: InpaintingNumbers; readonly settings: InpaintingSettings } | undefined
  readonly figures: readonly DrawnFigure[]
  readonly bars: readonly Bar[]
}

/** The README of part 4's folder. */
export function part4Report(report: GuidanceReport, data: Dataset): string {
  const { seed, profile, rows, real, title, method, classifier, allClasses, inpainting, figures, bars } = report
  const { short, paragraphs } = guidanceEffects(report)
  return `${[
    '# Part 4: guidance, and conditional generation',
    `Images of ${title} from part 3's score network, which knows no classes: a classifier of noisy images guides it. ${datasetTitle(data)}; seed ${seed}, profile ${profile}.${profile === 'smoke' ? ' Smoke only tries the program: both networks are tiny and hardly trained, so the pictures are noise.' : ''}`,
    figureMarkdown(figures, 'comparison'),
    short,
    '## Guidance',
    "By Bayes' rule ∇ ln p_t(x | y) = ∇ ln p_t(x) + ∇ ln p_t(y | x). So the score network and a classifier of noisy images make a conditional score, in which γ says how strongly the class is asked for:",
    '$$s_\\gamma(x, t) = s_\\theta(x, t) + \\gamma\\,\\nabla_x \\ln p_\\phi(y \\mid x, t) .$$',
    `γ = 0 is the model of part 3, and asks no classifier; γ = 1 would be the conditional law if both networks were exact; a larger γ has no law that it belongs to. In code it is \`compose(score, classifier({ gradient, scale: γ, space }))\` of \`@sbgm/guidance\`. The sampler is part 3's, unchanged: ${method}. ${scoreInWords(report)} Image k begins and goes on with the same noise at every γ.`,
    '## The classifier',
    classifierSection(classifier, figures, data),
    '## What γ does',
    figureMarkdown(figures, 'effect'),
    measuresTable(rows, real),
    ...paragraphs,
    '## The images',
    ...rows.map(({ gamma }) => `γ = ${gamma}:\n\n${figureMarkdown(figures, gridName(gamma))}`),
    ...(allClasses ? [allClassesSection(allClasses, figures, data)] : []),
    ...(inpainting ? [inpaintingSection(inpainting.numbers, inpainting.settings, figures)] : []),
    barsSection(bars, data),
    "Figures are here as SVG too. `classifier.safetensors` holds the classifier's averaged weights, `classifier-training.jsonl` its training step by step, `samples/` the images as the sampler left them, `metrics.json` all numbers.",
  ].join('\n\n')}\n`
}

const scoreInWords = ({ score: { from, sha256 }, asPart3 }: GuidanceReport): string =>
  from === 'part 3'
    ? `The score network is part 3's (\`../part3/\`, sha256 \`${sha256.slice(0, 12)}…\`)${asPart3 ? "; the images of γ = 0 are the first of part 3's own, to the bit" : ''}.`
    : `Part 3 was not complete beside this part, so its network was trained here, in the same way (\`score-model.safetensors\`, sha256 \`${sha256.slice(0, 12)}…\`).`
