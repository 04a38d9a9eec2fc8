import type { Dataset } from '@sbgm/datasets'
import { shortNumber } from '../bar'
import { figureMarkdown, type DrawnFigure } from '../drawn-figure'
import { datasetTitle } from '../images/dataset-title'
import type { JudgedRow } from '../judges/metrics-row'
import type { Profile } from '../options'
import { bySampler } from './figures'
import type { Comparison, MeasuredCell } from './measure'
import type { CompareSettings } from './settings'

/** What the report is written from. */
export interface CompareReport extends Comparison {
  /** As many real images. */
  readonly real: JudgedRow
  readonly settings: CompareSettings
  /** Images of each cell. */
  readonly count: number
  readonly seed: number
  readonly profile: Profile
  readonly figures: readonly DrawnFigure[]
  /** SHA-256 of the network's weights. */
  readonly sha256: string
}

/** The README of the comparison's folder. */
export function compareReport(report: CompareReport, data: Dataset): string {
  const { own, cells, real, settings, count, seed, profile, figures, sha256 } = report
  return `# Samplers side by side

Part 3's network on ${datasetTitle(data)} (sha256 \`${sha256.slice(0, 12)}…\`), sampled by one sampler after the other: what quality costs, in evaluations of the network; seed ${seed}, profile ${profile}.${profile === 'smoke' ? ' Smoke only tries the program: the network is tiny and hardly trained, so the pictures are noise.' : ''}

${figureMarkdown(figures, 'quality')}

Each number is of ${count} images. All start from the same noise, and the stochastic samplers see the same on the way. Each sampler takes as many steps as fit into the evaluations: ${conditionsOf(cells)}. Part 3's own sampler takes ${own.plan.steps} ${own.plan.conditions}, unclipped. Judged as in parts 2 and 3; the Fréchet distance of so few images is biased upwards, for real ones too, whose distance is the mean over the test set in sets of as many.

## Fréchet distance

${table(report, ({ frechet }) => shortNumber(Number(frechet.toPrecision(3))))}

## Share called a class with a confidence of at least 0.9

${table(report, ({ confidentShare }) => `${(100 * confidentShare).toFixed(0)} %`)}

| for comparison | evaluations | Fréchet distance | share |
|---|---|---|---|
| real images | | ${shortNumber(Number(real.frechet.toPrecision(3)))} | ${(100 * real.confidentShare).toFixed(0)} % |
${[own, ...cells.filter(({ budget }) => budget === 'none')].map((cell) => `| ${cell === own ? `part 3's own, ${cell.plan.words}` : cell.plan.words} | ${Math.round(cell.evaluations)} | ${shortNumber(Number(cell.row.frechet.toPrecision(3)))} | ${(100 * cell.row.confidentShare).toFixed(0)} % |`).join('\n')}

${settings.budgets.map((budget) => bestOf(cells.filter((cell) => cell.budget === budget), budget)).filter(Boolean).join('\n')}

${settings.shown.map((budget) => `## Images in ${budget} evaluations\n\n${figureMarkdown(figures, `images-${budget}`)}`).join('\n\n')}

Figures are here as SVG too. \`samples/\` holds the images as the samplers left them, \`metrics.json\` all numbers, with the grid of each cell.
`
}

/** A row for each sampler, a column for each budget; where a sampler's steps do not fill the budget, the evaluations that it took. */
function table({ cells, settings: { budgets } }: CompareReport, value: (row: JudgedRow) => string): string {
  const fixed = cells.filter(({ budget }) => budget !== 'none')
  const rows = [...bySampler(fixed)].map(([name, group]) => {
    const columns = budgets.map((budget) => {
      const cell = group.find((one) => one.budget === budget)
      if (cell === undefined) return ''
      return `${value(cell.row)}${cell.evaluations === budget ? '' : ` (${cell.evaluations})`}`
    })
    return `| \`${name}\` | ${group[0].plan.sampler.stochastic ? 'reverse SDE' : 'probability flow'} | ${columns.join(' | ')} |`
  })
  return `Where a sampler's steps do not fill the evaluations, those that it took stand in brackets.

| sampler | simulates | ${budgets.map((budget) => `${budget} evaluations`).join(' | ')} |
|---|---|${budgets.map(() => '---').join('|')}|
${rows.join('\n')}`
}

function bestOf(cells: readonly MeasuredCell[], budget: number): string {
  if (cells.length === 0) return ''
  const best = cells.reduce((least, cell) => (cell.row.frechet < least.row.frechet ? cell : least))
  return `- In ${budget} evaluations \`${best.plan.name}\` comes nearest to the training set, at a distance of ${shortNumber(Number(best.row.frechet.toPrecision(3)))}.`
}

/** Where the times lie, for all that share them. */
function conditionsOf(cells: readonly MeasuredCell[]): string {
  const common = cells.find(({ plan }) => plan.conditions.startsWith('equal'))?.plan.conditions ?? ''
  const others = [...new Map(cells.filter(({ plan }) => plan.conditions !== common && plan.steps !== 'its own choice').map(({ plan }) => [plan.name, plan])).values()]
  const exceptions = others.map(({ name, conditions }) => `\`${name}\` in ${conditions.split(' from ')[0]}`).join(', ')
  return `${common}${exceptions === '' ? '' : `; ${exceptions}`}`
}
