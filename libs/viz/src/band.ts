import { area as areaPath } from 'd3-shape'
import { checkFinite, checkIncreasing, checkLength } from './input-checks'
import { type Frame, type Layer, extentOf } from './layer'
import { element } from './svg'
import { linePalette } from './theme'

/** Options of {@link band}. */
export interface BandOptions {
  /** Horizontal positions, (points,), strictly increasing. */
  readonly x: ArrayLike<number>
  /** Lower border, (points,). */
  readonly low: ArrayLike<number>
  /** Upper border, (points,). */
  readonly high: ArrayLike<number>
  /** Entry in the legend. @defaultValue none */
  readonly label?: string
  /** CSS colour of the area, drawn at 22 % opacity. @defaultValue the palette's blue */
  readonly color?: string
}

/**
 * The area between two curves, such as ± 1 standard error or the range over seeds.
 *
 * @returns a layer for {@link panel}, which reads the arrays when it is drawn: change none before
 * @throws {RangeError} when lengths differ, x does not increase, a value is not finite, or a low lies above its high.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function band({ x, low, high, label, color = linePalette.blue }: BandOptions): Layer {
  checkIncreasing('x', x)
  for (const [name, values] of [['low', low], ['high', high]] as const) {
    checkFinite(name, values)
    checkLength(name, values, x.length, 'one value for each x', 'Pass all three from the same grid.')
  }
  for (let i = 0; i < x.length; i++) {
    if (low[i] > high[i]) throw new RangeError(`low must not exceed high; got ${low[i]} and ${high[i]} at index ${i}. Swap them.`)
  }
  return Object.freeze({
    extent: { x: extentOf(x), y: [extentOf(low)[0], extentOf(high)[1]] as const },
    keys: label === undefined ? [] : [{ label, swatch: 'area' as const, color, opacity: 0.22 }],
    draw(frame: Frame) {
      const points = Array.from({ length: x.length }, (_, i) => i)
      const d = areaPath<number>().x((i) => frame.x(x[i])).y0((i) => frame.y(low[i])).y1((i) => frame.y(high[i])).digits(2)(points)
      return element('path', { d: d ?? '', fill: color, 'fill-opacity': 0.22 })
    },
  })
}
