import type { Extent } from './axis'

/** The plot area that a layer draws into: pixels from its top left corner, and both scales. */
export interface Frame {
  /** Pixels from its left to its right edge. */
  readonly width: number
  /** Pixels from its top to its bottom edge. */
  readonly height: number
  /** Pixels from the left edge to a value on the horizontal axis; outside [0, width] for values beyond the axis. */
  x(value: number): number
  /** Pixels from the top edge down to a value on the vertical axis, so larger values come out smaller. */
  y(value: number): number
}

/** What a legend shows for a layer. */
export interface LegendKey {
  /** Text of the entry; `_{…}` and `^{…}` set sub- and superscripts. */
  readonly label: string
  /** Form of the sign before it. */
  readonly swatch: 'line' | 'area' | 'start' | 'end'
  /** CSS colour of the sign. */
  readonly color: string
  /** Stroke width of a line in pixels. @defaultValue 1.6 */
  readonly width?: number
  /** Lengths of dashes and gaps in pixels, in SVG's notation, such as `6 4`. @defaultValue a solid line */
  readonly dash?: string
  /** CSS colour of the border that the layer draws about its line; the sign then stands on a plate of the panel's ground. */
  readonly halo?: string
  /** Opacity of a line or an area, 0 to 1. @defaultValue 1 */
  readonly opacity?: number
}

/** A label set in the margin beside the plot area, level with a value of the vertical axis. */
export interface MarginLabel {
  /** The value that it stands level with. */
  readonly at: number
  /** One line of text; `_{…}` and `^{…}` set sub- and superscripts. */
  readonly text: string
  /** CSS colour of the text, usually that of the line it names. */
  readonly color: string
}

/** Marks a layer that colours the whole plot area; a panel that holds one is framed, has no grid, and keeps its axes unrounded. */
export interface LayerGround {
  /** Colour of the emptiest place, on which legend signs of haloed lines are shown. */
  readonly color: string
}

/**
 * One thing drawn in a panel: heat map, line, bars, band, limit, or your own object of this form.
 * Layers are drawn in the order in which the panel lists them.
 */
export interface Layer {
  /** Range of its data, from which axes without a domain take theirs. */
  readonly extent: {
    /** Along the horizontal axis; left out by a layer that spans any of them. */
    readonly x?: Extent
    /** Along the vertical axis; left out by a layer that spans any of them. */
    readonly y?: Extent
  }
  /** Its entries in the legend, none for an empty array; equal entries of several layers are shown once. */
  readonly keys: readonly LegendKey[]
  /** Labels to the right of the plot area. @defaultValue none */
  readonly marginLabels?: readonly MarginLabel[]
  /** Given by a layer that covers the whole plot area, as a heat map does. @defaultValue none */
  readonly ground?: LayerGround
  /** SVG that is cut off at the edge of the plot area. */
  draw(frame: Frame): string
  /** SVG drawn afterwards and not cut off, such as a marker that sits on the edge. */
  drawAbove?(frame: Frame): string
}

/** Smallest and largest entry. */
export function extentOf(values: ArrayLike<number>): Extent {
  let [low, high] = [Infinity, -Infinity]
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i])
    high = Math.max(high, values[i])
  }
  return [low, high]
}
