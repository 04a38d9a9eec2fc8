import { NonFiniteError, type NonFiniteLocation, type VectorSpace } from '@sbgm/sde-core'

const remedy = 'Check what the model returns there, take more steps, or keep the ends of the grid further from 0 and from tMax.'

/** Watches a run's states for NaN and infinity without making it wait. */
export interface FiniteCheck<X> {
  /** Looks at the state that a step made; throws for the state before, whose number has arrived by now. */
  observe(x: X, location: NonFiniteLocation): Promise<void>
  /** Waits for the last number and throws if it is not finite. */
  finish(): Promise<void>
}

/**
 * One number per step, Σ|x|/n, is read back and awaited one step later: so a GPU never idles for it, and the error names
 * the very step.
 */
export function finiteCheck<X>(space: VectorSpace<X>): FiniteCheck<X> {
  let pending: Promise<Verdict> = Promise.resolve({})
  const finish = async () => {
    const verdict = await pending
    if ('failure' in verdict) throw verdict.failure
  }
  return {
    async observe(x, location) {
      const previous = finish()
      pending = space.magnitude(x).then(
        (magnitude) => (Number.isFinite(magnitude) ? {} : { failure: new NonFiniteError('the state', location, remedy) }),
        (failure: unknown) => ({ failure }), // settled, and thrown when it is awaited: until then nobody would handle it
      )
      await previous
    },
    finish,
  }
}

/** What became of a number that was read back. */
type Verdict = { readonly failure?: unknown }
