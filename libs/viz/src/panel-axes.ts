import type { ResolvedAxis } from './axis'
import { element } from './svg'
import { fittingSize, linesHeight, textBlock, textLine, textWidth, wrapText } from './text'
import { theme } from './theme'

/** Pixels about a plot area that its axes, labels and headings take. */
export interface Margins {
  readonly top: number
  readonly right: number
  readonly bottom: number
  readonly left: number
}

/** A plot area's place in the figure. */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

const tickLength = 4
const tickGap = 5
const labelGap = 8
const tickStyle: { size: number; fill: string } = { size: theme.size.tick, fill: theme.softInk }
const labelStyle = { size: theme.size.axisLabel, fill: theme.ink }

/** Width of the widest tick label. */
function widestTick(axis: ResolvedAxis): number {
  return Math.max(0, ...axis.ticks.map(({ label }) => textWidth(label, tickStyle)))
}

const categoryGap = 6

/** Names of categories wrapped to the room each has, in the size of type in which no word is broken; lines of one tick each. */
function categoryLines({ categoryStep = 0, ticks }: ResolvedAxis): { style: typeof tickStyle; lines: string[][] } {
  const labels = ticks.map(({ label }) => label)
  const style = { ...tickStyle, size: fittingSize(labels, tickStyle, categoryStep - categoryGap) }
  return { style, lines: labels.map((label) => wrapText(label, style, categoryStep - categoryGap)) }
}

/** Height of the tick labels of a horizontal axis: one line of numbers, or as many as names of categories are wrapped to. */
function tickLabelsHeight(axis: ResolvedAxis): number {
  if (axis.categoryStep === undefined) return linesHeight(1, tickStyle)
  const { style, lines } = categoryLines(axis)
  return linesHeight(Math.max(1, ...lines.map(({ length }) => length)), style)
}

/** Room below the plot area for a horizontal axis. */
export function horizontalAxisHeight(axis: ResolvedAxis, label: string | undefined, width: number, labelled: boolean): number {
  if (!labelled) return tickLength + 2
  const lines = label === undefined ? 0 : wrapText(label, labelStyle, width).length
  return tickLength + tickGap + tickLabelsHeight(axis) + (lines > 0 ? 3 + linesHeight(lines, labelStyle) : 0)
}

/** Room left of the plot area for a vertical axis. */
export function verticalAxisWidth(axis: ResolvedAxis, label: string | undefined, height: number, labelled: boolean): number {
  if (!labelled) return tickLength + 2
  const lines = label === undefined ? 0 : wrapText(label, labelStyle, height).length
  return tickLength + tickGap + widestTick(axis) + (lines > 0 ? labelGap + linesHeight(lines, labelStyle) : 0)
}

/** How far the last tick label of a horizontal axis reaches past the plot area. */
export function overhang(axis: ResolvedAxis, width: number): number {
  if (axis.categoryStep !== undefined) return 0
  return Math.max(0, ...axis.ticks.map(({ label, position }) => position + textWidth(label, tickStyle) / 2 - width))
}

/** Ticks, tick labels and label below a plot area. */
export function drawHorizontalAxis(axis: ResolvedAxis, box: Box, label: string | undefined, labelled: boolean): string {
  const bottom = box.top + box.height
  const names = axis.categoryStep === undefined ? undefined : categoryLines(axis)
  const ticks = axis.ticks.map(({ position, label: text }, i) => {
    const x = box.left + position
    if (names) return labelled ? textBlock(x, bottom + tickGap, names.lines[i], { ...names.style, anchor: 'middle' }) : ''
    const length = text === '' ? tickLength * 0.6 : tickLength
    const mark = element('line', { x1: x, x2: x, y1: bottom, y2: bottom + length, stroke: theme.axis })
    return mark + (labelled && text !== '' ? textLine(x, bottom + tickLength + tickGap + 0.9 * tickStyle.size, text, { ...tickStyle, anchor: 'middle' }) : '')
  }).join('')
  if (!labelled || label === undefined) return ticks
  const top = bottom + tickLength + tickGap + tickLabelsHeight(axis) + 3
  return ticks + textBlock(box.left + box.width / 2, top, wrapText(label, labelStyle, box.width), { ...labelStyle, anchor: 'middle' })
}

/** Ticks, tick labels and label left of a plot area, the label `labelOffset` pixels out so that stacked panels align. */
export function drawVerticalAxis(axis: ResolvedAxis, box: Box, label: string | undefined, labelled: boolean, labelOffset: number): string {
  const ticks = axis.ticks.map(({ position, label: text }) => {
    const y = box.top + position
    const length = text === '' ? tickLength * 0.6 : tickLength
    const mark = element('line', { x1: box.left - length, x2: box.left, y1: y, y2: y, stroke: theme.axis })
    return mark + (labelled && text !== '' ? textLine(box.left - tickLength - tickGap, y + 0.36 * tickStyle.size, text, { ...tickStyle, anchor: 'end' }) : '')
  }).join('')
  if (!labelled || label === undefined) return ticks
  return ticks + uprightBlock(box.left - labelOffset, box.top + box.height / 2, wrapText(label, labelStyle, box.height))
}

/** Lines of an axis label read from below, the first `x` pixels from the left. */
export function uprightBlock(x: number, middle: number, lines: readonly string[]): string {
  const step = linesHeight(1, labelStyle)
  return lines.map((text, i) =>
    textLine(x + (i + 0.5) * step + 0.36 * labelStyle.size, middle, text, { ...labelStyle, anchor: 'middle', rotate: -90 })).join('')
}
