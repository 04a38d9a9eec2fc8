import { classifier, compose } from '@sbgm/guidance'
import { tensorSpace, type Predictor } from '@sbgm/sde-core'
import { sha256Of } from '../file-record'
import { sampleImages, type SampledImages } from '../images/sample-images'
import type { SamplingPlan } from '../images/sampler-choice'
import type { PartContext } from '../part'
import { part3Stream } from '../part3/sampling'
import { part3Sde } from '../part3/score-model'
import type { OpenClassifier } from './open-classifier'

/** What is sampled with one γ. */
export interface GuidedSampling {
  /** The score of part 3's network. */
  readonly score: Predictor<'score'>
  /** SHA-256 of that network's weights. */
  readonly scoreSha256: string
  /** What guides it. */
  readonly classifier: Pick<OpenClassifier, 'labelGradient'>
  /** SHA-256 of the classifier's weights. */
  readonly classifierSha256: string
  /** γ. */
  readonly gamma: number
  /** The class that is asked for. */
  readonly label: number
  /** How many images. */
  readonly count: number
  /** Images sampled together. */
  readonly batch: number
  /** Part 3's sampler. */
  readonly plan: SamplingPlan
}

/**
 * Images of a class by part 3's sampler along s + γ ∇ ln p_t(class | x), from part 3's noise: image k begins and goes on with the same
 * noise for every γ, and for γ = 0, which asks no classifier, it is image k of part 3.
 *
 * @returns count images
 * @throws the signal's reason when the run is interrupted
 */
export function guidedSamples(
  { score, scoreSha256, classifier: guide, classifierSha256, gamma, label, count, batch, plan }: GuidedSampling,
  context: Pick<PartContext, 'folder' | 'seed' | 'resume' | 'signal' | 'progress' | 'dataset'>,
): Promise<SampledImages> {
  const guided = compose(score, classifier({ gradient: guide.labelGradient(label), scale: gamma, space: tensorSpace }))
  return sampleImages({
    dynamics: plan.dynamics(guided, part3Sde), sampler: plan.sampler, grid: plan.grid, stream: part3Stream,
    name: `gamma-${gamma}`, label: gamma === 0 ? 'sampling without guidance' : `sampling with γ = ${gamma}`,
    size: context.dataset().train, count, batch,
    model: gamma === 0 ? scoreSha256 : sha256Of(JSON.stringify({ score: scoreSha256, classifier: classifierSha256, label, gamma })),
  }, context)
}
