import { scaleLinear, scalePow } from 'd3-scale'
import { tickLabels } from './axis'
import { colorScale, type ColorScale } from './color-scale'
import { type Box, type Margins, uprightBlock } from './panel-axes'
import { pngDataUri, rasterPng } from './raster'
import { element } from './svg'
import { linesHeight, textLine, textWidth, wrapText } from './text'
import { theme } from './theme'

/** Options of {@link colorBar}. */
export interface ColorBarOptions {
  /** The scale that the panels beside it were drawn with; the bar runs over its whole domain. */
  readonly colors: ColorScale
  /** What the colours measure, with its unit. */
  readonly label: string
}

/** The key to a colour scale: one cell of a {@link figure}, as high as its row. */
export interface ColorBar extends ColorBarOptions {
  /** Tells it from the other cells of a figure. */
  readonly kind: 'color-bar'
}

/** Pixels across the bar. */
export const colorBarWidth = 14

const tickStyle = { size: theme.size.tick, fill: theme.softInk }
const labelStyle = { size: theme.size.axisLabel }
const tickSpace = 9 // tick length and the gap after it

/**
 * A colour bar for a figure's row; its steps follow the scale's power norm, so every colour takes equal room.
 *
 * @returns the cell, for a row of {@link figure} beside the panels that it explains.
 */
export function colorBar(options: ColorBarOptions): ColorBar {
  return Object.freeze({ kind: 'color-bar' as const, ...options })
}

interface BarTick { readonly value: number; readonly position: number; readonly label: string }

/** Round values, and 1-2-5 steps where the power norm stretches the low end. */
function barTicks({ colors: { domain, exponent } }: ColorBar, height: number): BarTick[] {
  const scale = scalePow().exponent(exponent).domain([0, domain[1] - domain[0]]).range([height, 0])
  const place = (value: number): number => scale(value - domain[0])
  const even = scaleLinear().domain(domain).ticks(5)
  const smaller = exponent < 1 && domain[0] === 0
    ? [0.5, 0.2, 0.1, 0.05, 0.02, 0.01].map((part) => Number((part * (even[1] ?? 0)).toPrecision(1)))
    : []
  const chosen: number[] = []
  for (const value of [...even, ...smaller]) {
    if (chosen.every((other) => Math.abs(place(other) - place(value)) >= 24)) chosen.push(value)
  }
  chosen.sort((a, b) => a - b)
  return chosen.map((value) => ({ value, position: place(value), label: tickLabels([value])[0] }))
}

/** Room that ticks and label take right of the bar. */
export function measureColorBar(bar: ColorBar, height: number): Margins {
  const widest = Math.max(...barTicks(bar, height).map(({ label }) => textWidth(label, tickStyle)))
  const lines = wrapText(bar.label, labelStyle, height).length
  return { left: 0, top: 6, bottom: 6, right: tickSpace + widest + 6 + linesHeight(lines, labelStyle) }
}

/** The bar in `box`, lowest value at the bottom. */
export function drawColorBar(bar: ColorBar, box: Box): string {
  const ticks = barTicks(bar, box.height)
  const right = box.left + box.width
  const even = colorScale({ domain: [0, 255], map: bar.colors.map })
  const widest = Math.max(...ticks.map(({ label }) => textWidth(label, tickStyle)))
  const place = { x: box.left, y: box.top, width: box.width, height: box.height }
  return element('g', { class: 'color-bar' }, [
    element('image', { ...place, preserveAspectRatio: 'none', href: pngDataUri(rasterPng(1, 256, even, (_, row) => 255 - row)) }),
    element('rect', { ...place, fill: 'none', stroke: theme.axis, 'stroke-width': 1 }),
    ...ticks.map(({ position, label }) => {
      const y = box.top + position
      return element('line', { x1: right, x2: right + 4, y1: y, y2: y, stroke: theme.axis })
        + textLine(right + tickSpace, y + 0.36 * tickStyle.size, label, tickStyle)
    }),
    uprightBlock(right + tickSpace + widest + 6, box.top + box.height / 2, wrapText(bar.label, labelStyle, box.height)),
  ].join(''))
}
