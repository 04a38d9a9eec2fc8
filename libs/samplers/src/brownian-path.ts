import { coefficientAt, type Coefficient, type Times, type VectorSpace } from '@sbgm/sde-core'

/**
 * The Brownian motion W of each sample ahead of it, as far as it has been looked at: what is once known of it stays true, also when
 * the step that asked for it is rejected. Without that, large increments would be redrawn until they are small.
 */
export interface BrownianPath<X> {
  /**
   * W at `to` less W at `from`, per sample: what is known of the stretch; where it ends between two known values, a value from the
   * Brownian bridge between them; beyond the last, a new one. The value at `to` is known from now on.
   *
   * @param from - where the samples stand
   * @param to - where their steps are to end; the same for one that stands still
   * @param normal - fresh standard normal noise, borrowed
   * @returns a new state
   */
  increment(from: Times, to: Times, normal: X): X
  /** Forgets, for the samples that are set, what lies before `to`: they stand there now. */
  pass(mask: Uint8Array, to: Times): void
  /** Frees what it holds. */
  release(): void
}

/** A stretch of one sample's path that begins where the one before it ends, the first where the sample stands. */
interface Stretch {
  /** Where it ends. */
  readonly end: number
  /** The slot whose row of this sample is the increment over it. */
  readonly slot: number
}

/**
 * Paths of which nothing is known yet.
 *
 * The increments lie in a few states, the slots; which row of which slot belongs to which stretch of time, each sample knows for
 * itself, so that it does not depend on its neighbours.
 *
 * @see Rackauckas and Nie 2017, doi:10.3934/dcdsb.2017133 (rejection sampling with memory); for the bridge, Øksendal 2003, *Stochastic
 * Differential Equations*, exercise 5.11.
 */
export function brownianPath<X>(space: VectorSpace<X>, batch: number): BrownianPath<X> {
  const known: Stretch[][] = Array.from({ length: batch }, () => [])
  const slots: X[] = []
  const fill = (slot: number, increment: X) => {
    if (slot < slots.length) space.release(slots[slot])
    slots[slot] = increment
  }

  /** Makes `to` the end of a stretch of each sample, by one new stretch at most. */
  const look = (from: Times, to: Times, normal: X): void => {
    const [part, kept, bent] = [0, 1, 0].map((value) => slots.map(() => new Float64Array(batch).fill(value)))
    const fresh = new Float64Array(batch)
    const places = Int32Array.from(known, (stretches, sample) => {
      const target = to[sample]
      if (target === from[sample]) return -1
      const direction = Math.sign(target - from[sample])
      let [at, index] = [from[sample], 0]
      for (; index < stretches.length && (stretches[index].end - target) * direction <= 0; index++) at = stretches[index].end
      if (at === target) return -1
      const slot = freeSlot(stretches)
      const length = Math.abs(target - at)
      if (index < stretches.length) {
        const { end, slot: split } = stretches[index]
        const whole = Math.abs(end - at)
        part[split][sample] = length / whole
        fresh[sample] = Math.sqrt((length * (whole - length)) / whole)
        kept[split][sample] = 1 - length / whole
        bent[split][sample] = -fresh[sample]
      } else fresh[sample] = Math.sqrt(length)
      stretches.splice(index, 0, { end: target, slot })
      return slot
    })
    if (places.every((slot) => slot < 0)) return
    const pieces = space.combine([...part, fresh].map(shared), [...slots, normal])
    try {
      slots.forEach((increment, slot) => {
        if (bent[slot].some((factor) => factor !== 0)) fill(slot, space.combine([kept[slot], bent[slot]].map(shared), [increment, normal]))
      })
      for (const slot of new Set(places.toSorted())) {
        if (slot < 0) continue
        const mask = Uint8Array.from(places, (place) => (place === slot ? 1 : 0))
        fill(slot, slot === slots.length ? space.combine([1], [pieces]) : space.select(mask, pieces, slots[slot]))
      }
    } finally {
      space.release(pieces)
    }
  }

  return {
    increment(from, to, normal) {
      look(from, to, normal)
      const taken = slots.map(() => new Float64Array(batch))
      known.forEach((stretches, sample) => {
        const last = to[sample] === from[sample] ? -1 : stretches.findIndex(({ end }) => end === to[sample])
        for (let index = 0; index <= last; index++) taken[stretches[index].slot][sample] = 1
      })
      return slots.length === 0 ? space.combine([0], [normal]) : space.combine(taken.map(shared), slots)
    },
    pass(mask, to) {
      known.forEach((stretches, sample) => {
        if (mask[sample]) stretches.splice(0, stretches.findIndex(({ end }) => end === to[sample]) + 1)
      })
      if (known.every((stretches) => stretches.length === 0)) space.release(...slots.splice(0))
    },
    release() {
      space.release(...slots.splice(0))
    },
  }
}

/** The first slot in which a sample holds nothing. */
function freeSlot(stretches: readonly Stretch[]): number {
  let slot = 0
  while (stretches.some((stretch) => stretch.slot === slot)) slot++
  return slot
}

/** One number where all are the same. */
const shared = (factors: Float64Array): Coefficient => coefficientAt(factors, (factor) => factor)
