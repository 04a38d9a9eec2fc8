import { layoutNote, layoutTitle, padding, svgDocument } from './figure-document'
import { encodePng, type Raster } from './image-grid-raster'
import { uprightBlock } from './panel-axes'
import { pngDataUri } from './raster'
import { element, px } from './svg'
import { fittingSize, linesHeight, textBlock, textWidth, wrapText } from './text'
import { theme } from './theme'

/** A picture of a grid and everything that is written about it. */
export interface ImageTable {
  /** The grid, one pixel for each pixel of an image. */
  readonly raster: Raster
  /** Columns and rows of images, and the pixels from one image's left or top edge to the next one's. */
  readonly columns: number
  readonly rows: number
  readonly stepX: number
  readonly stepY: number
  /** Pixels of the raster between images. */
  readonly gap: number
  /** Pixels of the figure for each pixel of the raster. */
  readonly scale: number
  readonly title?: string | undefined
  readonly subtitle?: string | undefined
  readonly note?: string | undefined
  readonly columnLabels?: readonly string[] | undefined
  readonly rowLabels?: readonly string[] | undefined
  readonly columnTitle?: string | undefined
  readonly rowTitle?: string | undefined
  /** An arrow from left to right after the columns' title. */
  readonly arrow?: boolean
}

const leastWidth = 320 // of the text above a small grid
const labelGap = 6
const arrowGap = 10
const titleStyle = { size: theme.size.axisLabel, fill: theme.ink }
const widestRowLabel = 150
const labelStyle = { size: theme.size.tick, fill: theme.softInk }

/** Sets the grid with its labels: columns above it, rows at its left, everything measured. */
export function drawImageTable(table: ImageTable): string {
  const { raster, scale, columnTitle, rowTitle, columnLabels = [], rowLabels = [] } = table
  const [gridWidth, gridHeight] = [raster.width * scale, raster.height * scale]
  const rowLines = rowLabels.map((label) => wrapText(label, labelStyle, widestRowLabel))
  const rowLabelWidth = Math.max(0, ...rowLines.flat().map((text) => textWidth(text, labelStyle)))
  const upright = rowTitle === undefined ? [] : wrapText(rowTitle, titleStyle, gridHeight)
  const uprightWidth = upright.length > 0 ? linesHeight(upright.length, titleStyle) + labelGap : 0
  const left = Math.round(padding + uprightWidth + (rowLabelWidth > 0 ? rowLabelWidth + labelGap + 2 : 0))
  const inner = Math.max(leastWidth, left - padding + gridWidth)
  const head = layoutTitle(table.title, table.subtitle, inner)
  const headBottom = head.bottom > padding ? head.bottom + 14 : padding
  const titleLines = columnTitle === undefined ? [] : wrapText(columnTitle, titleStyle, gridWidth)
  const columnBlock = layoutColumnLabels(columnLabels, table)
  const labelsTop = headBottom + (titleLines.length > 0 ? linesHeight(titleLines.length, titleStyle) + 2 : 0)
  const top = Math.round(labelsTop + (columnBlock.height > 0 ? columnBlock.height + labelGap - 1 : 0))
  const note = layoutNote(table.note, top + gridHeight + 12, inner)
  const bottom = top + gridHeight + (note.height > 0 ? 12 + note.height : 0)
  const parts = [
    head.svg,
    textBlock(left, headBottom, titleLines, titleStyle),
    table.arrow && titleLines.length > 0 ? drawArrow(left, headBottom, titleLines, gridWidth) : '',
    columnBlock.draw(left, top - labelGap + 1),
    ...rowLines.map((lines, row) => {
      const middle = top + (row * table.stepY + (table.stepY - table.gap) / 2) * scale
      return textBlock(left - labelGap - 2, middle - linesHeight(lines.length, labelStyle) / 2, lines, { ...labelStyle, anchor: 'end' })
    }),
    upright.length > 0 ? uprightBlock(padding, top + gridHeight / 2, upright) : '',
    element('image', {
      x: left, y: top, width: gridWidth, height: gridHeight, 'image-rendering': 'pixelated', href: pngDataUri(encodePng(raster)),
    }),
    note.svg,
  ]
  return svgDocument(2 * padding + inner, Math.ceil(bottom + padding * 0.75), table.title, parts.filter((part) => part !== '').join('\n'))
}

/** Labels over the columns in one size of type, the largest in which every word has room. */
function layoutColumnLabels(labels: readonly string[], table: ImageTable): { height: number; draw(left: number, bottom: number): string } {
  const [step, width] = [table.stepX * table.scale, (table.stepX - table.gap) * table.scale]
  const room = step - 3
  const style = { ...labelStyle, size: fittingSize(labels, labelStyle, room) }
  const wrapped = labels.map((label) => wrapText(label, style, room))
  const height = linesHeight(Math.max(0, ...wrapped.map((lines) => lines.length)), style)
  return {
    height,
    draw: (left, bottom) => wrapped.map((lines, column) =>
      textBlock(left + column * step + width / 2, bottom - linesHeight(lines.length, style), lines, { ...style, anchor: 'middle' })).join(''),
  }
}

function drawArrow(left: number, top: number, lines: readonly string[], width: number): string {
  const start = left + textWidth(lines.at(-1)!, titleStyle) + arrowGap
  const [tip, y] = [left + width, top + (lines.length - 0.5) * linesHeight(1, titleStyle)]
  if (tip - start < 16) return ''
  return element('path', { d: `M${px(start)} ${px(y)}H${px(tip - 4)}`, stroke: theme.softInk, 'stroke-width': 1.2, fill: 'none' })
    + element('path', { d: `M${px(tip)} ${px(y)}l-7 -3.6v7.2Z`, fill: theme.softInk })
}
