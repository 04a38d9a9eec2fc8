import { line as linePath } from 'd3-shape'
import { endMark } from './end-mark'
import { checkFinite, checkLength, checkPositive } from './input-checks'
import { type Frame, type Layer, type LegendKey, extentOf } from './layer'
import { element } from './svg'
import { theme } from './theme'

/** Options of {@link line}. */
export interface LineOptions {
  /** Horizontal positions, (points,), in the order in which the line passes them. */
  readonly x: ArrayLike<number>
  /** Vertical positions, (points,). */
  readonly y: ArrayLike<number>
  /** Entry in the legend. @defaultValue none */
  readonly label?: string
  /** CSS colour of line, dots and end marks. @defaultValue the theme's ink, `linePalette.black` */
  readonly color?: string
  /** Stroke width in pixels. @defaultValue 1.6 */
  readonly width?: number
  /** How the stroke is broken up, beside colour a second way to tell lines apart. @defaultValue 'solid' */
  readonly dash?: 'solid' | 'dashed' | 'dotted'
  /** Colour of a thin border that lifts the line off a heat map. @defaultValue none */
  readonly halo?: string
  /** A circle on the first point and a diamond on the last. @defaultValue 'plain' */
  readonly ends?: 'plain' | 'marked'
  /** A dot on every point. @defaultValue 'none' */
  readonly dots?: 'none' | 'every'
}

const dashes = { solid: undefined, dashed: '6 4', dotted: '1.5 3.5' } as const
const haloWidth = 1

/**
 * A line through points, such as a curve or a trajectory over a heat map.
 *
 * @returns a layer for {@link panel}, which reads the arrays when it is drawn: change none before
 * @throws {RangeError} when x and y differ in length, hold fewer than two points, or are not finite.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function line(options: LineOptions): Layer {
  const { x, y, label, color = theme.ink, width = 1.6, dash = 'solid', halo, ends = 'plain', dots = 'none' } = options
  checkFinite('x', x)
  checkFinite('y', y)
  checkLength('y', y, x.length, 'one value for each x', 'Pass both from the same grid.')
  if (x.length < 2) throw new RangeError(`A line must have at least 2 points; got ${x.length}. Use limit() for a single value.`)
  checkPositive('width', width)
  const dashing = dashes[dash]
  const keys: LegendKey[] = []
  const look = { color, ...(halo === undefined ? {} : { halo }) }
  if (label !== undefined) keys.push({ label, swatch: 'line', width, ...look, ...(dashing === undefined ? {} : { dash: dashing }) })
  if (label !== undefined && ends === 'marked') {
    keys.push({ label: 'start', swatch: 'start', color: theme.ink }, { label: 'end', swatch: 'end', color: theme.ink })
  }
  const last = x.length - 1
  return Object.freeze({
    extent: { x: extentOf(x), y: extentOf(y) },
    keys,
    draw(frame: Frame) {
      const points = Array.from({ length: x.length }, (_, i): [number, number] => [frame.x(x[i]), frame.y(y[i])])
      const d = linePath().digits(2)(points) ?? ''
      const stroke = { d, fill: 'none', 'stroke-linejoin': 'round', 'stroke-linecap': 'round' }
      return [
        halo === undefined ? '' : element('path', { ...stroke, stroke: halo, 'stroke-width': width + 2 * haloWidth, 'stroke-opacity': 0.8 }),
        element('path', { ...stroke, stroke: color, 'stroke-width': width, 'stroke-dasharray': dashing }),
        dots === 'every' ? points.map(([cx, cy]) => element('circle', { cx, cy, r: width * 1.5, fill: color })).join('') : '',
      ].join('')
    },
    drawAbove(frame: Frame) {
      if (ends === 'plain') return ''
      const mark = (index: number, form: 'start' | 'end'): string => {
        const [cx, cy] = [frame.x(x[index]), frame.y(y[index])]
        if (cx < -0.5 || cx > frame.width + 0.5 || cy < -0.5 || cy > frame.height + 0.5) return ''
        return endMark(form, cx, cy, { fill: color, stroke: halo ?? theme.background, 'stroke-width': 1.3 })
      }
      return mark(0, 'start') + mark(last, 'end')
    },
  })
}
