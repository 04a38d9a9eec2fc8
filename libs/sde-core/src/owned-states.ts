import type { Tensor } from '@tensorflow/tfjs-core'
import type { VectorSpace } from './vector-space'

/** States that a piece of work has made and that end with it. */
export interface OwnedStates<X = Tensor> {
  /** Takes a state over: it is freed by `release`. Returns it, to be used in place. */
  own(state: X): X
  /** Frees all that was taken over. */
  release(): void
}

/**
 * Keeps the states that an update rule makes on its way, so that they are freed however it ends: `tidy` cannot span an `await`.
 *
 * @param space - where the states live
 * @returns what has taken over no state yet
 * @example
 * ```ts
 * import { hostSpace as space, hostState, ownedStates } from '@sbgm/sde-core'
 *
 * const { own, release } = ownedStates(space)
 * try {
 *   const doubled = own(space.combine([2], [hostState([1, 2])]))
 *   console.log(space.combine([1, 1], [doubled, doubled]).data.join(' ')) // 4 8
 * } finally {
 *   release()
 * }
 * ```
 */
export function ownedStates<X = Tensor>(space: Pick<VectorSpace<X>, 'release'>): OwnedStates<X> {
  const owned: X[] = []
  return {
    own(state) {
      owned.push(state)
      return state
    },
    release: () => space.release(...owned.splice(0)),
  }
}
