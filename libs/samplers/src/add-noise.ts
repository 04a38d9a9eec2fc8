import type { StepInput, StepResult } from '@sbgm/sde-core'

/** What {@link addNoise} needs of a step. */
interface NoisyUpdate<X> extends Pick<StepInput<X>, 's' | 'space' | 'noise' | 'constrain'> {
  /** The state at s without its noise; taken over. */
  readonly mean: X
  /** Standard deviation of the noise. */
  readonly spread: number
}

/** The end of a stochastic update: x = constrain(mean + spread z), with the mean beside it; frees both if that fails. */
export function addNoise<X>({ mean, spread, s, space, noise, constrain }: NoisyUpdate<X>): Omit<StepResult<X>, 'state'> {
  try {
    const draw = noise(mean)
    try {
      return { x: constrain(space.combine([1, spread], [mean, draw]), s), mean }
    } finally {
      space.release(draw)
    }
  } catch (error) {
    space.release(mean)
    throw error
  }
}
