import { InvalidArgumentError, type Dynamics } from '@sbgm/sde-core'

/** Checks that a deterministic sampler is given the probability flow: on an SDE it would leave the noise out. */
export function requireProbabilityFlow<X>(sampler: string, { kind }: Dynamics<X>): void {
  if (kind !== 'probability-flow') {
    throw new InvalidArgumentError('dynamics.kind', kind, `'probability-flow' for ${sampler}, which adds no noise (eulerMaruyama() takes SDEs)`)
  }
}

/** Whether σ \> 0 at max(t, tMin), where the model is asked: at σ = 0 a score may not exist, or be made by a division by σ. */
export const isNoisy = <X>({ model, sde }: Dynamics<X>, t: number): boolean => sde.schedule.sigma(Math.max(t, model?.tMin ?? 0)) > 0
