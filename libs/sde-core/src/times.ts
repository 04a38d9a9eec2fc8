import { InvalidArgumentError, ShapeError } from './errors'

/** One time per sample, shape (batch,), on the host in float64. */
export type Times = Float64Array

/**
 * Checks a time at a public door.
 *
 * @throws {@link InvalidArgumentError} unless it is a finite number of at least 0.
 */
export function checkTime(t: number): void {
  if (!(t >= 0 && t < Infinity)) throw new InvalidArgumentError('t', t, 'a finite time of at least 0')
}

/**
 * Checks the times of a batch at a public door.
 *
 * @throws {@link ShapeError} unless there is one per sample; {@link InvalidArgumentError} naming one that is no finite time
 * of at least 0.
 */
export function checkTimes(times: Times, batch: number): void {
  if (times.length !== batch) throw new ShapeError('the times t', [batch], [times.length])
  for (let i = 0; i < batch; i++) checkTime(times[i])
}

/** Whether all times are one: the usual case, in which nothing per sample has to be computed or uploaded. */
export function areShared(times: Times): boolean {
  for (let i = 1; i < times.length; i++) if (times[i] !== times[0]) return false
  return true
}
