import { InvalidArgumentError } from '@sbgm/sde-core'

/** How strong guidance is: a finite number of at least 0, or a function of the time that gives one. */
export type GuidanceScale = number | ((t: number) => number)

/**
 * A scale as a function of time that gives finite numbers of at least 0 and nothing else.
 *
 * @throws InvalidArgumentError for a number that is none of them, at once; for one that a function returns, when it is asked.
 */
export function scaleFunction(scale: GuidanceScale): (t: number) => number {
  if (typeof scale === 'function') return (t) => checked(`scale(${t})`, scale(t))
  checked('scale', scale)
  return () => scale
}

function checked(name: string, value: number): number {
  if (!(typeof value === 'number' && value >= 0 && value < Infinity)) throw new InvalidArgumentError(name, value, 'a finite number of at least 0')
  return value
}
