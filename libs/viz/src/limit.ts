import type { Frame, Layer } from './layer'
import { element } from './svg'
import { linePalette } from './theme'

/** Options of {@link limit}. */
export interface LimitOptions {
  /** Value on the vertical axis. */
  readonly at: number
  /** What the line means, such as `5 standard errors`; `_{…}` and `^{…}` set sub- and superscripts. */
  readonly label: string
  /** Where the label stands: level with the line in the right margin, or in the legend. @defaultValue 'margin' */
  readonly labelled?: 'margin' | 'legend'
  /** CSS colour of the line and of its label. @defaultValue the palette's vermillion */
  readonly color?: string
}

const dash = '5 3'

/**
 * A horizontal line at a value that the data is measured against; it is inside every axis that has no domain of its own.
 *
 * @returns a layer for {@link panel}
 * @throws {RangeError} when the value is not finite.
 */
export function limit({ at, label, labelled = 'margin', color = linePalette.vermillion }: LimitOptions): Layer {
  if (!Number.isFinite(at)) throw new RangeError(`at must be a finite number; got ${at}. Leave the limit out where there is none.`)
  return Object.freeze({
    extent: { y: [at, at] as const },
    keys: labelled === 'legend' ? [{ label, swatch: 'line' as const, color, width: 1.2, dash }] : [],
    marginLabels: labelled === 'margin' ? [{ at, text: label, color }] : [],
    draw(frame: Frame) {
      const y = frame.y(at)
      return element('line', { x1: 0, x2: frame.width, y1: y, y2: y, stroke: color, 'stroke-width': 1.2, 'stroke-dasharray': dash })
    },
  })
}
