import * as library from '@sbgm/samplers'
import type { Sampler } from '@sbgm/sde-core'

/** A sampler as its user calls it. */
export interface NamedSampler {
  /** The name of the function that makes it. */
  readonly name: string
  /** Makes it for states of any space. */
  readonly make: <X>() => Sampler<X>
}

/** Every sampler that `@sbgm/samplers` exports and that needs no arguments: found by what its functions return, so that none is forgotten. */
export const everySampler: readonly NamedSampler[] = Object.entries(library as Readonly<Record<string, unknown>>).flatMap(([name, value]) => {
  const make = value as NamedSampler['make']
  return isSampler(called(make)) ? [{ name: `${name}()`, make }] : []
})

function called(make: () => unknown): unknown {
  try {
    const made = make()
    if (made instanceof Promise) made.catch(() => {}) // a run that was given nothing to run
    return made
  } catch {
    return undefined
  }
}

function isSampler(value: unknown): value is Sampler {
  return typeof value === 'object' && value !== null && 'step' in value && 'evaluationsPerStep' in value
}

/** Whether rounding is carried into the times at which a Brownian path is asked for, and from there, as a square root, into the state. */
export const followsItsNoise = ({ evaluationsPerStep, stochastic }: Sampler): boolean => evaluationsPerStep === 'adaptive' && stochastic
