import { atLeast, atMost, shortNumber, type Bar } from '../bar'
import type { Profile } from '../options'
import type { MetricsRow } from './metrics-row'
import type { MetricsTable } from './metrics-table'

/** What a profile asks of a model: a share of the real images' confident share, and the noise under which real images are expected to be as far from the training set. */
const demands: Readonly<Record<Profile, { readonly share: number; readonly std: number }>> = {
  smoke: { share: 0.8, std: 0.3 },
  quick: { share: 0.8, std: 0.3 },
  full: { share: 0.95, std: 0.2 },
}

/** The least share of the real images' own distance to the training set; a model below it copies. */
const leastNearest = 0.5

/** The bars of a model's images: look like the classes, are distributed like them, all of them, and are no copies. Those of smoke are quick's. */
export function qualityBars(profile: Profile, { samples, reference }: MetricsTable): Bar[] {
  const { share, std } = demands[profile]
  const { real, noisy } = reference
  const noise = noisy.find((row) => row.std === std)?.row
  const decided = real.confidentShare > 0 ? '' : " (this profile's judge is not sure of real images either)"
  return [
    atLeast(`share called a class with confidence${decided}`, samples.confidentShare, decided === '' ? share * real.confidentShare : NaN),
    atMost(`Fréchet distance, against real images with noise of std ${std}`, samples.frechet, noise?.frechet ?? NaN),
    atLeast('classes with a confident image', samples.confidentClasses, real.histogram.length),
    atLeast('median distance to the nearest training image', samples.nearest, leastNearest * real.nearest),
  ]
}

/** The table in Markdown, the model's row first. */
export function metricsMarkdown({ samples, reference: { real, noisy } }: MetricsTable): string {
  const row = ({ name, count, confidentShare, histogram, entropyNats, frechet, frechetSets, nearest }: MetricsRow): string => {
    const spread = frechetSets?.std === undefined ? '' : ` ± ${shortNumber(frechetSets.std)}`
    const cells = [name, count, shortNumber(confidentShare), shortNumber(frechet) + spread, shortNumber(nearest), shortNumber(entropyNats), histogram.join(' ')]
    return `| ${cells.join(' | ')} |`
  }
  return [
    '| images | number | called a class with confidence ≥ 0.9 | Fréchet distance to the training set | median distance to the nearest training image | entropy of the classes (nats) | images per class |',
    '|---|---|---|---|---|---|---|',
    ...[samples, real, ...noisy.map((entry) => entry.row)].map(row),
  ].join('\n')
}
