import { InvalidArgumentError } from '../errors'
import { fillNormal, fillUniform } from '../noise/keyed-noise'
import { checkTime } from '../times'
import type { DrawOptions } from './exact-model'

/** What a draw of an exact law is made of. */
interface DrawParts {
  /** Chooses each sample's component: uniform numbers, (count,). */
  readonly choice: Float64Array
  /** Standard normal numbers, (count, size); the draw may be written over them. */
  readonly data: Float64Array
}

/** The random numbers of a draw: sample i's do not depend on the count. */
export function drawParts({ count, seed, t = 0, firstSample = 0 }: DrawOptions, size: number): DrawParts {
  if (!(Number.isInteger(count) && count >= 1)) throw new InvalidArgumentError('count', count, 'an integer of at least 1')
  checkTime(t)
  const [choice, data] = [new Float64Array(count), new Float64Array(count * size)]
  fillUniform(choice, 1, { seed, stream: 'exact/component', step: 0, firstSample, draw: 0 })
  fillNormal(data, size, { seed, stream: 'exact/normal', step: 0, firstSample, draw: 0 })
  return { choice, data }
}
