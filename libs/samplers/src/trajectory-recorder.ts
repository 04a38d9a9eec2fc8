import { InvalidArgumentError } from '@sbgm/sde-core'
import type { Recorder } from './record'

/** The paths of some samples. */
export interface TrajectoryRecorder extends Recorder {
  /** The times noted so far. */
  readonly times: readonly number[]
  /** For each chosen sample its states, one array of the sample's size per time. */
  readonly paths: readonly (readonly Float64Array[])[]
}

/**
 * Records the paths of chosen samples.
 *
 * @param samples - their indices in the batch
 * @throws InvalidArgumentError for an index that is no non-negative integer, or outside the batch.
 */
export function recordTrajectories(samples: readonly number[]): TrajectoryRecorder {
  samples.forEach((index) => {
    if (!(Number.isInteger(index) && index >= 0)) throw new InvalidArgumentError('samples', samples, 'non-negative integers')
  })
  const times: number[] = []
  const paths: Float64Array[][] = samples.map(() => [])
  return {
    times,
    paths,
    add(t, { data, shape }) {
      if (samples.some((index) => index >= shape[0])) {
        throw new InvalidArgumentError('samples', samples, `below the batch size (${shape[0]})`)
      }
      const size = data.length / shape[0]
      times.push(t)
      samples.forEach((index, i) => paths[i].push(data.slice(index * size, (index + 1) * size)))
    },
  }
}
