import { checkFinite, checkIncreasing, checkLength } from './input-checks'
import { type Frame, type Layer, extentOf } from './layer'
import { element, px } from './svg'
import { linePalette } from './theme'

/** Options of {@link bars}. */
export interface BarsOptions {
  /** Borders of the bars, (bars + 1,), strictly increasing. */
  readonly edges: ArrayLike<number>
  /** Their heights, (bars,), from zero. */
  readonly heights: ArrayLike<number>
  /** Entry in the legend. @defaultValue none */
  readonly label?: string
  /** CSS colour of the bars, drawn at 55 % opacity. @defaultValue the palette's sky blue */
  readonly color?: string
}

/**
 * A histogram: bars that touch, from zero to their heights. Needs a linear vertical axis.
 *
 * @returns a layer for {@link panel}, which reads the arrays when it is drawn: change none before
 * @throws {RangeError} when edges do not increase, there is not one height per bar, or one is not finite.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function bars({ edges, heights, label, color = linePalette.sky }: BarsOptions): Layer {
  checkIncreasing('edges', edges)
  checkFinite('heights', heights)
  checkLength('heights', heights, edges.length - 1, 'one value for each bar', 'Pass one edge more than heights.')
  const [low, high] = extentOf(heights)
  return Object.freeze({
    extent: { x: [edges[0], edges[edges.length - 1]] as const, y: [Math.min(0, low), Math.max(0, high)] as const },
    keys: label === undefined ? [] : [{ label, swatch: 'area' as const, color, opacity: 0.55 }],
    draw(frame: Frame) {
      const base = frame.y(0)
      let d = `M${px(frame.x(edges[0]))} ${px(base)}`
      for (let i = 0; i < heights.length; i++) d += `V${px(frame.y(heights[i]))}H${px(frame.x(edges[i + 1]))}`
      return element('path', { d: `${d}V${px(base)}Z`, fill: color, 'fill-opacity': 0.55 })
    },
  })
}
