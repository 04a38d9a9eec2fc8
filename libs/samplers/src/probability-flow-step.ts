import { InvalidArgumentError, type Dynamics } from '@sbgm/sde-core'

/** Checks that a deterministic sampler is given the probability flow: on an SDE it would leave the noise out. */
export function requireProbabilityFlow<X>(sampler: string, { kind }: Dynamics<X>): void {
  if (kind !== 'probability-flow') {
    throw new InvalidArgumentError('dynamics.kind', kind, `'probability-flow' for ${sampler}, which adds no noise (eulerMaruyama() takes SDEs)`)
  }
}

/** False where σ = 0 and the model predicts something from which the score would follow by a division by σ. */
export function hasScoreAt<X>({ model, sde }: Dynamics<X>, t: number): boolean {
  return model === undefined || model.predicts === 'score' || sde.schedule.sigma(Math.max(t, model.tMin ?? 0)) > 0
}
