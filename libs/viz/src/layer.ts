import type { Extent } from './axis'

/** The plot area that a layer draws into: pixels from its top left corner, and both scales. */
export interface Frame {
  readonly width: number
  readonly height: number
  /** Pixel of a value on the horizontal axis. */
  x(value: number): number
  /** Pixel of a value on the vertical axis, counted from the top. */
  y(value: number): number
}

/** What a legend shows for a layer. */
export interface LegendKey {
  /** Text of the entry; `_{…}` and `^{…}` set sub- and superscripts. */
  readonly label: string
  /** Form of the sign before it. */
  readonly swatch: 'line' | 'area' | 'start' | 'end'
  readonly color: string
  readonly width?: number
  readonly dash?: string
  /** Colour of a thin border about the sign. */
  readonly halo?: string
  readonly opacity?: number
}

/** A label set in the margin beside the plot area, level with a value of the vertical axis. */
export interface MarginLabel {
  readonly at: number
  readonly text: string
  readonly color: string
}

/** Which layers colour the whole plot area; a panel that holds one is framed, has no grid, and keeps its axes unrounded. */
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
  readonly extent: { readonly x?: Extent; readonly y?: Extent }
  readonly keys: readonly LegendKey[]
  readonly marginLabels?: readonly MarginLabel[]
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
