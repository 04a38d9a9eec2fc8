import type { Frame, Layer } from './layer'
import { element } from './svg'
import { linePalette } from './theme'

/** Options of {@link limit}. */
export interface LimitOptions {
  /** Value on the vertical axis. */
  readonly at: number
  readonly label: string
  /** Where the label stands: level with the line in the right margin, or in the legend. @defaultValue 'margin' */
  readonly labelled?: 'margin' | 'legend'
  /** @defaultValue the palette's vermillion */
  readonly color?: string
}

const dash = '5 3'

/**
 * A horizontal line at a value that the data is measured against; it is inside every axis that has no domain of its own.
 *
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
