import {
  conditionalScore,
  convert,
  hostSpace,
  perturb,
  tensorSpace,
  timeSampler,
  type HostState,
  type Prediction,
  type Predictor,
} from '@sbgm/sde-core'
import { breather } from '../breather'
import { sde, target } from './problem'
import { tMin } from './train-score'

/** The unified loss on fresh samples: of the learned score, and of the exact one, which no score can undercut on average. */
export interface UnifiedLoss {
  readonly learned: number
  readonly exact: number
  /** Number of samples. */
  readonly samples: number
}

/**
 * The unified loss E[σ(t)² (s(x_t, t) − ∇ log p_t(x_t | x_0))²] with t uniform in [tMin, 1], for the learned and for the
 * exact score on the same samples. Their difference is the σ²-weighted squared error of the learned score.
 */
export async function unifiedLoss(model: Predictor<Prediction>, seed: number, samples = 200_000): Promise<UnifiedLoss> {
  const breathe = breather(0)
  const [chunk, sums] = [Math.min(20_000, samples), { learned: 0, exact: 0 }]
  for (let step = 0; step * chunk < samples; step++) {
    const { learned, exact } = await lossOfChunk(model, seed, step, chunk)
    sums.learned += learned
    sums.exact += exact
    await breathe()
  }
  const drawn = Math.ceil(samples / chunk) * chunk
  return { learned: sums.learned / drawn, exact: sums.exact / drawn, samples: drawn }
}

/** Sums of both losses over the samples of one chunk. */
async function lossOfChunk(model: Predictor<Prediction>, seed: number, step: number, count: number): Promise<Omit<UnifiedLoss, 'samples'>> {
  const space = hostSpace
  const x0 = target.draw(space, { count, seed, firstSample: 2 ** 30 + step * count })
  const { times: t } = timeSampler({ sde, tMin })({ count, seed, step })
  const noise = space.normal({ seed, stream: 'part1/unified-loss', step, firstSample: 0, draw: 0 }, x0)
  const x = perturb({ sde, space, x0, noise, t })
  const wanted = conditionalScore({ sde, space, x, x0, t })
  const sumOf = ({ data }: HostState) => data.reduce((sum, score, i) => sum + (sde.schedule.sigma(t[i]) * (score - wanted.data[i])) ** 2, 0)

  const onTensors = tensorSpace.fromHost(x)
  const score = await convert(model, 'score', { sde, space: tensorSpace }).evaluate(onTensors, t)
  const learned = sumOf(await tensorSpace.toHost(score))
  tensorSpace.release(onTensors, score)
  return { learned, exact: sumOf(target.predictor('score', space).evaluate(x, t) as HostState) }
}
