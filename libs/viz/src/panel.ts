import { type AxisOptions, type Extent, checkAxis } from './axis'
import { checkOneOf } from './input-checks'
import type { Layer } from './layer'

/** An arrow above a panel, along its horizontal axis, such as the direction in which an equation is integrated. */
export interface PanelArrow {
  /** Where it points: `right` is towards larger values of the axis. */
  readonly towards: 'right' | 'left'
  /** Words beside it, such as `backward in time`. */
  readonly label: string
}

/** Options of {@link panel}. */
export interface PanelOptions {
  /** Drawn in this order, the last on top. */
  readonly layers: readonly Layer[]
  /** Heading at its top left. @defaultValue none */
  readonly title?: string
  /** The horizontal axis. @defaultValue linear, unlabelled, over the extent of the layers */
  readonly x?: AxisOptions
  /** The vertical axis. @defaultValue linear, unlabelled, over the extent of the layers rounded outwards */
  readonly y?: AxisOptions
  /** An arrow at its top right. @defaultValue none */
  readonly arrow?: PanelArrow
  /** Entries of the layers above the plot area, or none here. @defaultValue 'above' */
  readonly legend?: 'above' | 'none'
}

/** Axes with layers in them: one cell of a {@link figure}. */
export interface Panel extends PanelOptions {
  /** Tells it from the other cells of a figure. */
  readonly kind: 'panel'
  /** The horizontal axis, empty where none was given. */
  readonly x: AxisOptions
  /** The vertical axis, empty where none was given. */
  readonly y: AxisOptions
}

/**
 * A panel for {@link figure}: two axes and the layers drawn in them.
 *
 * @returns the cell, for a row of {@link figure}; one object may stand in one place of a figure only
 * @throws {RangeError} when it has no layer, an axis is malformed, an axis has neither data nor a domain, or a log axis
 * meets values that are not positive.
 */
export function panel(options: PanelOptions): Panel {
  const { layers, x = {}, y = {}, legend, arrow } = options
  if (!Array.isArray(layers) || layers.length === 0) {
    throw new RangeError('A panel must have at least one layer; got none. Pass heatmap(), line(), bars(), band() or limit().')
  }
  checkAxis('x', x)
  checkAxis('y', y)
  if (legend !== undefined) checkOneOf('legend', legend, ['above', 'none'])
  if (arrow !== undefined) checkOneOf('arrow.towards', arrow.towards, ['right', 'left'])
  const made = Object.freeze({ ...options, kind: 'panel' as const, x, y })
  for (const side of ['x', 'y'] as const) {
    const [low] = dataExtent(made, side) ?? []
    if (made[side].scale === 'log' && low !== undefined && low <= 0) {
      throw new RangeError(`A log ${side} axis needs positive values; got ${low}. Drop such points or use a linear scale.`)
    }
    if (low === undefined && made[side].domain === undefined) {
      throw new RangeError(`${side}.domain must be given when no layer has data along ${side}; got none. Name both ends.`)
    }
  }
  return made
}

/** The range of the data of all layers along one axis. */
export function dataExtent({ layers }: Panel, side: 'x' | 'y'): Extent | undefined {
  const extents = layers.map(({ extent }) => extent[side]).filter((extent) => extent !== undefined)
  return extents.length === 0 ? undefined : unionExtent(extents)
}

/** The smallest range that holds all of them. */
export function unionExtent(extents: readonly Extent[]): Extent {
  return [Math.min(...extents.map(([low]) => low)), Math.max(...extents.map(([, high]) => high))]
}
