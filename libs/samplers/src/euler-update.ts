import { timesOf, type StepInput } from '@sbgm/sde-core'

/** x + drift(x, t) (s − t): one Euler update, which frees the drift whatever happens. */
export async function eulerUpdate<X>({ x, t, s, dynamics, space }: Pick<StepInput<X>, 'x' | 't' | 's' | 'dynamics' | 'space'>): Promise<X> {
  const drift = await dynamics.drift(x, timesOf(space, x, t))
  try {
    return space.combine([1, s - t], [x, drift])
  } finally {
    space.release(drift)
  }
}
