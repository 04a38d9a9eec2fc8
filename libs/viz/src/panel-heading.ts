import { type LegendLayout, layoutLegend } from './legend'
import type { Panel, PanelArrow } from './panel'
import { element, px } from './svg'
import { linesHeight, textBlock, textWidth, wrapText } from './text'
import { theme } from './theme'

/** What stands above a plot area: title, direction arrow, legend. */
export interface HeadingLayout {
  readonly height: number
  draw(left: number, top: number): string
}

const titleStyle = { size: theme.size.panelTitle, weight: 600 as const, fill: theme.ink }
const arrowStyle = { size: theme.size.legend, fill: theme.softInk }
const arrowLength = 46
const arrowGap = 8
const space = 7 // between heading and plot area
const rowGap = 5
const partGap = 26 // between title, legend and arrow on one line

/** Which parts of a heading stand beside each other: all of them, or title and arrow with the legend below. */
export type HeadingForm = 'one line' | 'stacked'

/** Whether title, legend and arrow fit beside each other. */
export function fitsOneLine(panel: Panel, width: number, legend: 'above' | 'none'): boolean {
  const keys = legend === 'above' ? panel.layers.flatMap((layer) => layer.keys) : []
  const legendWidth = keys.length === 0 ? 0 : layoutLegend(keys, Infinity).width
  const parts = [panel.title === undefined ? 0 : textWidth(panel.title, titleStyle), legendWidth,
    panel.arrow ? textWidth(panel.arrow.label, arrowStyle) + arrowGap + arrowLength : 0].filter((part) => part > 0)
  return parts.reduce((sum, part) => sum + part, 0) + partGap * (parts.length - 1) <= width
}

/** Sets title, legend and arrow, wrapped to the width. */
export function layoutHeading(panel: Panel, width: number, legend: 'above' | 'none', form: HeadingForm): HeadingLayout {
  const { title, arrow } = panel
  const ground = panel.layers.find((layer) => layer.ground)?.ground?.color
  const keys: LegendLayout = layoutLegend(legend === 'above' ? panel.layers.flatMap((layer) => layer.keys) : [], width, ground)
  const arrowLines = arrow ? wrapText(arrow.label, arrowStyle, Math.max(40, width - arrowLength - arrowGap)) : []
  const arrowWidth = arrow ? arrowLength + arrowGap + Math.max(...arrowLines.map((text) => textWidth(text, arrowStyle))) : 0
  const titleLines = title === undefined ? [] : wrapText(title, titleStyle, width)
  const together = arrow !== undefined && titleLines.length === 1 && textWidth(title!, titleStyle) + 24 + arrowWidth <= width
  const titleHeight = linesHeight(titleLines.length, titleStyle)
  const arrowHeight = linesHeight(arrowLines.length, arrowStyle)
  const titleRow = together ? Math.max(titleHeight, arrowHeight) : titleHeight
  const arrowTop = together ? titleRow - arrowHeight : titleRow
  const oneLine = form === 'one line'
  const legendLeft = oneLine && title !== undefined ? textWidth(title, titleStyle) + partGap : 0
  const legendTop = oneLine ? Math.max(0, (titleRow - keys.height) / 2) : arrowTop + arrowHeight > 0 || titleRow > 0 ? Math.max(titleRow, arrowTop + arrowHeight) + rowGap : 0
  const height = Math.max(titleRow, arrowTop + arrowHeight, keys.height > 0 ? legendTop + keys.height : 0)
  return {
    height: height === 0 ? 0 : height + space,
    draw(left, top) {
      return [
        textBlock(left, top, titleLines, titleStyle),
        arrow ? drawArrow(arrow, arrowLines, left + width - arrowWidth, top + arrowTop, arrowWidth) : '',
        keys.draw(left + legendLeft, top + legendTop),
      ].join('')
    },
  }
}

function drawArrow({ towards }: PanelArrow, lines: readonly string[], left: number, top: number, width: number): string {
  const y = top + linesHeight(1, arrowStyle) / 2
  const [tail, tip] = towards === 'right' ? [left + width - arrowLength, left + width] : [left + arrowLength, left]
  const back = towards === 'right' ? -7 : 7
  return [
    textBlock(towards === 'right' ? left : left + arrowLength + arrowGap, top, lines, arrowStyle),
    element('path', {
      d: `M${px(tail)} ${px(y)}H${px(tip + back / 2)}`, stroke: theme.ink, 'stroke-width': 1.6, fill: 'none', 'stroke-linecap': 'round',
    }),
    element('path', { d: `M${px(tip)} ${px(y)}l${back} -4v8Z`, fill: theme.ink }),
  ].join('')
}
