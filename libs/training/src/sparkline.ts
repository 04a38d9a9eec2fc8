import { InvalidArgumentError } from '@sbgm/sde-core'

const blocks = '▁▂▃▄▅▆▇█'

/**
 * A curve in one line of text, ▁ for the least and █ for the greatest of what is shown, for a progress line.
 *
 * More values than `width` are averaged in equal shares, fewer are shown one by one. A share without a finite value is a
 * blank; a curve of equal values runs at the bottom.
 *
 * @param values - such as the losses until now
 * @param width - the most characters
 * @returns at most `width` characters; none for no values
 * @throws InvalidArgumentError unless width is an integer of at least 1.
 */
export function sparkline(values: ArrayLike<number>, width: number): string {
  if (!(Number.isSafeInteger(width) && width >= 1)) throw new InvalidArgumentError('width', width, 'an integer of at least 1')
  const count = Math.min(width, values.length)
  const means = Array.from({ length: count }, (_, i) =>
    finiteMean(values, Math.floor((i * values.length) / count), Math.floor(((i + 1) * values.length) / count)),
  )
  const shown = means.filter(Number.isFinite)
  const [least, greatest] = [Math.min(...shown), Math.max(...shown)]
  return means.map((mean) => (Number.isFinite(mean) ? blocks[level(mean, least, greatest)] : ' ')).join('')
}

function level(value: number, least: number, greatest: number): number {
  const height = (value / 2 - least / 2) / (greatest / 2 - least / 2) // halves: the difference of two finite numbers may not be finite
  return Number.isNaN(height) ? 0 : Math.min(blocks.length - 1, Math.floor(height * blocks.length))
}

/** The mean of the finite ones among values[from … to − 1]; NaN where there is none. */
function finiteMean(values: ArrayLike<number>, from: number, to: number): number {
  let [mean, count] = [0, 0]
  for (let i = from; i < to; i++) {
    if (Number.isFinite(values[i])) mean += values[i] / ++count - mean / count
  }
  return count === 0 ? NaN : mean
}
