import { type Extent, type ResolvedAxis, resolveAxis } from './axis'
import type { Frame } from './layer'
import type { Panel } from './panel'
import { type Box, type Margins, drawHorizontalAxis, drawVerticalAxis, horizontalAxisHeight, overhang, verticalAxisWidth } from './panel-axes'
import { type HeadingForm, layoutHeading } from './panel-heading'
import { element } from './svg'
import { linesHeight, textLine, textWidth } from './text'
import { theme } from './theme'

/** What a panel is told by the figure it stands in. */
export interface PanelSetting {
  readonly xDomain: Extent
  readonly yDomain: Extent
  readonly xLabelled: boolean
  readonly yLabelled: boolean
  readonly legend: 'above' | 'none'
}

/** What a panel is told by its row once widths are known. */
export interface PanelPlace {
  readonly box: Box
  readonly heading: HeadingForm
  /** Top of the row, where all its headings begin. */
  readonly headingTop: number
  /** Pixels from the plot area out to the label of the vertical axis. */
  readonly labelOffset: number
}

const marginStyle = { size: theme.size.tick }
const marginGap = 6

function axesOf(panel: Panel, setting: PanelSetting, width: number, height: number): { x: ResolvedAxis; y: ResolvedAxis } {
  const axis = (side: 'x' | 'y', domain: Extent, length: number, direction: 'horizontal' | 'vertical'): ResolvedAxis =>
    resolveAxis({ kind: panel[side].scale ?? 'linear', domain, length, direction, ticks: panel[side].ticks, categories: panel[side].categories })
  return { x: axis('x', setting.xDomain, width, 'horizontal'), y: axis('y', setting.yDomain, height, 'vertical') }
}

/** Room that a panel's axes and headings take about a plot area of this size. */
export function measurePanel(panel: Panel, setting: PanelSetting, width: number, height: number, heading: HeadingForm): Margins {
  const { x, y } = axesOf(panel, setting, width, height)
  const labels = panel.layers.flatMap((layer) => layer.marginLabels ?? [])
  const beside = labels.length === 0 ? 0 : marginGap + Math.max(...labels.map(({ text }) => textWidth(text, marginStyle)))
  return {
    top: Math.max(layoutHeading(panel, width, setting.legend, heading).height, theme.size.tick * 0.5),
    right: Math.max(beside, setting.xLabelled ? overhang(x, width) : 0),
    bottom: horizontalAxisHeight(x, panel.x.label, width, setting.xLabelled),
    left: verticalAxisWidth(y, panel.y.label, height, setting.yLabelled),
  }
}

/** The panel's SVG, its plot area in the place's box. */
export function drawPanel(panel: Panel, setting: PanelSetting, { box, heading, headingTop, labelOffset }: PanelPlace): string {
  const { x, y } = axesOf(panel, setting, box.width, box.height)
  const frame: Frame = { width: box.width, height: box.height, x: x.position, y: y.position }
  const filled = panel.layers.some((layer) => layer.ground)
  const area = element('svg', { x: box.left, y: box.top, width: box.width, height: box.height, overflow: 'hidden' },
    panel.layers.map((layer) => layer.draw(frame)).join(''))
  const above = panel.layers.map((layer) => layer.drawAbove?.(frame) ?? '').join('')
  return element('g', { class: 'panel' }, [
    filled ? '' : drawGrid(x, y, box),
    area,
    drawFrame(box, filled),
    drawHorizontalAxis(x, box, panel.x.label, setting.xLabelled),
    drawVerticalAxis(y, box, panel.y.label, setting.yLabelled, labelOffset),
    drawMarginLabels(panel, y, box),
    above === '' ? '' : element('g', { transform: `translate(${box.left} ${box.top})` }, above),
    layoutHeading(panel, box.width, setting.legend, heading).draw(box.left, headingTop),
  ].join(''))
}

function drawGrid(x: ResolvedAxis, y: ResolvedAxis, { left, top, width, height }: Box): string {
  const labelled = (axis: ResolvedAxis): number[] => axis.ticks.filter(({ label }) => label !== '').map(({ position }) => position)
  return element('g', { stroke: theme.grid, 'stroke-width': 1 }, [
    ...labelled(y).map((at) => element('line', { x1: left, x2: left + width, y1: top + at, y2: top + at })),
    ...(x.categoryStep === undefined ? labelled(x) : []).map((at) => element('line', { x1: left + at, x2: left + at, y1: top, y2: top + height })),
  ].join(''))
}

function drawFrame({ left, top, width, height }: Box, filled: boolean): string {
  const d = filled ? `M${left} ${top}h${width}v${height}h${-width}Z` : `M${left} ${top}v${height}h${width}`
  return element('path', { d, fill: 'none', stroke: theme.axis, 'stroke-width': 1 })
}

/** Labels level with their values, pushed apart where they would touch. */
function drawMarginLabels(panel: Panel, y: ResolvedAxis, box: Box): string {
  const step = linesHeight(1, marginStyle)
  const labels = panel.layers.flatMap((layer) => layer.marginLabels ?? [])
    .map((label) => ({ ...label, middle: box.top + y.position(label.at) }))
    .filter(({ middle }) => middle >= box.top - 0.5 && middle <= box.top + box.height + 0.5)
    .sort((a, b) => a.middle - b.middle)
  let lowest = -Infinity
  return labels.map(({ middle, text, color }) => {
    lowest = Math.max(middle, lowest + step)
    return textLine(box.left + box.width + marginGap, lowest + 0.36 * marginStyle.size, text, { ...marginStyle, fill: color })
  }).join('')
}
