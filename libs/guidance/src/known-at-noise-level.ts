import { ownedStates, ShapeError, type Sde, type VectorSpace } from '@sbgm/sde-core'

/** What {@link knownAtNoiseLevel} is told. */
interface KnownAtTime<X> {
  /** The SDE. */
  readonly sde: Sde
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** What is known, (batch, …) or (1, …). */
  readonly known: X
  /** The state that it is known of. */
  readonly x: X
  /** The time whose noise level is meant. */
  readonly t: number
  /** Fresh noise. */
  readonly noise: (like: X) => X
}

/** α y + σ z in the shape of x, a new state; without drawing noise, and y itself, where σ = 0. Throws ShapeError if y does not fit x. */
export function knownAtNoiseLevel<X>({ sde, space, known, x, t, noise }: KnownAtTime<X>): X {
  const [shape, [batch, ...sample]] = [space.shape(x), space.shape(known)]
  if (sample.join() !== shape.slice(1).join() || (batch !== 1 && batch !== shape[0])) {
    throw new ShapeError('a state of which something is known', `(${batch === 1 ? 'batch' : batch}, ${sample.join(', ')})`, shape)
  }
  const { alpha, sigma } = sde.schedule
  const { own, release } = ownedStates(space)
  try {
    const y = batch === shape[0] ? known : own(space.concat(new Array<X>(shape[0]).fill(known)))
    return sigma(t) === 0 ? space.combine([alpha(t)], [y]) : space.combine([alpha(t), sigma(t)], [y, own(noise(x))])
  } finally {
    release()
  }
}
