import { InvalidArgumentError, type Dynamics, type Prediction, type Predictor } from '@sbgm/sde-core'
import { requireProbabilityFlow } from './probability-flow-step'

/**
 * The model of dynamics of the kind that a sampler takes.
 *
 * @param call - the sampler as its user writes it, for the message
 * @throws InvalidArgumentError for dynamics of another kind.
 */
export function modelFor<X>(call: string, dynamics: Dynamics<X>, kind: 'reverse' | 'probability-flow'): Predictor<Prediction, X> {
  if (kind === 'probability-flow') requireProbabilityFlow(call, dynamics)
  if (dynamics.kind !== kind || dynamics.model === undefined) throw new InvalidArgumentError('dynamics.kind', dynamics.kind, `'${kind}' for ${call}`)
  return dynamics.model
}
