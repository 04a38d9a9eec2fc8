import { decodeSafetensors } from '@sbgm/training'
import { sha256Of } from '../file-record'
import type { ImageModelSettings } from '../images/settings'
import { scoreModelFile, type ModelStart } from '../images/train-score-model'
import type { FinishedPart } from '../part'

/**
 * What part 3's network begins with: part 2's averaged weights where that part is done in the same folder, since its chain is
 * a discretisation of the same SDE; else weights drawn by the seed.
 */
export function startFromPart2(part2: FinishedPart | undefined, { training }: ImageModelSettings): ModelStart {
  if (!part2?.has(scoreModelFile)) return { kind: 'random' }
  const bytes = part2.read(scoreModelFile)
  return { kind: 'averaged weights', part: 2, sha256: sha256Of(bytes), weights: decodeSafetensors(bytes).tensors, steps: training.steps }
}

/** The settings of a training that begins so. */
export const settingsFor = (start: ModelStart, settings: ImageModelSettings): ImageModelSettings =>
  start.kind === 'random' ? settings : { ...settings, training: { ...settings.training, ...settings.continued } }
