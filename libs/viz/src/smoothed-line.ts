import { line as linePath } from 'd3-shape'
import { checkFinite, checkIncreasing, checkLength } from './input-checks'
import { type Frame, type Layer, type LegendKey, extentOf } from './layer'
import { element } from './svg'
import { linePalette } from './theme'

/** Options of {@link smoothedLine}. */
export interface SmoothedLineOptions {
  /** Horizontal positions, such as training steps, (points,), strictly increasing. */
  readonly x: ArrayLike<number>
  /** Values that scatter, such as the loss of each batch, (points,). */
  readonly y: ArrayLike<number>
  /** Points in the running mean, centred; narrower at the start, so that a steep fall is kept, and cut off at the end. @defaultValue a fiftieth of them */
  readonly window?: number
  /** Entry of the running mean in the legend. @defaultValue none */
  readonly label?: string
  /** Entry of the values themselves in the legend. @defaultValue none */
  readonly valuesLabel?: string
  /** CSS colour, faint for the values. @defaultValue the palette's blue */
  readonly color?: string
}

const faint = { width: 0.8, opacity: 0.32 }

/**
 * Values that scatter, faint, and their running mean over them: a loss over training. Of values too dense for the picture it draws
 * their range in each column of pixels, so that a hundred thousand of them make a small file.
 *
 * @returns a layer for {@link panel}; it keeps no reference to the arrays
 * @throws {RangeError} when x does not increase, x and y differ in length, one is not finite, or window is no positive integer.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function smoothedLine(options: SmoothedLineOptions): Layer {
  const { label, valuesLabel, color = linePalette.blue } = options
  checkIncreasing('x', options.x)
  checkFinite('y', options.y)
  const count = options.x.length
  checkLength('y', options.y, count, 'one value for each x', 'Pass both from the same steps.')
  const { window = Math.max(1, Math.round(count / 50)) } = options
  if (!(Number.isInteger(window) && window > 0)) throw new RangeError(`window must be a positive integer; got ${window}. Leave it out for the default.`)
  const [x, y] = [Float64Array.from(options.x), Float64Array.from(options.y)]
  const mean = runningMean(y, window)
  const keys: LegendKey[] = []
  if (valuesLabel !== undefined) keys.push({ label: valuesLabel, swatch: 'line', color, ...faint, width: 1.2 })
  if (label !== undefined) keys.push({ label, swatch: 'line', color, width: 2 })
  return Object.freeze({
    extent: { x: [x[0], x[count - 1]] as const, y: extentOf(y) },
    keys,
    draw(frame: Frame) {
      const path = (points: [number, number][]): string => linePath().digits(1)(points) ?? ''
      const shared = { fill: 'none', stroke: color, 'stroke-linejoin': 'round' }
      return element('path', { ...shared, d: path(envelope(frame, x, y)), 'stroke-width': faint.width, 'stroke-opacity': faint.opacity })
        + element('path', { ...shared, d: path(thinned(frame, x, mean)), 'stroke-width': 2 })
    },
  })
}

/** Mean of the values up to half a window about each; narrower at the start, where losses fall steeply, cut off at the end. */
function runningMean(values: Float64Array, window: number): Float64Array {
  const sums = new Float64Array(values.length + 1)
  values.forEach((value, i) => { sums[i + 1] = sums[i] + value })
  return values.map((_, i) => {
    const half = Math.min(window >> 1, i)
    const end = Math.min(values.length, i + half + 1)
    return (sums[end] - sums[i - half]) / (end - i + half)
  })
}

/** All points, or the least and the largest of each column of pixels that holds more than two. */
function envelope(frame: Frame, x: Float64Array, y: Float64Array): [number, number][] {
  const points: [number, number][] = []
  for (let start = 0; start < x.length;) {
    const column = Math.floor(frame.x(x[start]))
    let [end, least, most] = [start + 1, start, start]
    for (; end < x.length && Math.floor(frame.x(x[end])) === column; end++) {
      if (y[end] < y[least]) least = end
      if (y[end] > y[most]) most = end
    }
    const few = end - start <= 2
    for (const i of few ? new Set([start, end - 1]) : [Math.min(least, most), Math.max(least, most)]) points.push([frame.x(x[i]), frame.y(y[i])])
    start = end
  }
  return points
}

/** One point for each column of pixels, and the last. */
function thinned(frame: Frame, x: Float64Array, y: Float64Array): [number, number][] {
  let column = -Infinity
  return Array.from(x, (value, i): [number, number] => [frame.x(value), frame.y(y[i])]).filter(([left], i) => {
    const first = Math.floor(left) !== column
    column = Math.floor(left)
    return first || i === x.length - 1
  })
}
