import { type Extent, niceDomain } from './axis'
import { type ColorBar, colorBarWidth, drawColorBar, measureColorBar } from './color-bar'
import { layoutNote, layoutTitle, padding, svgDocument } from './figure-document'
import { checkPositive } from './input-checks'
import { layoutLegend } from './legend'
import { layoutNotes, type Notes } from './notes'
import { dataExtent, type Panel, unionExtent } from './panel'
import type { Margins } from './panel-axes'
import { drawPanel, measurePanel, type PanelSetting } from './panel-drawing'
import { fitsOneLine, type HeadingForm } from './panel-heading'
import { px } from './svg'

/** What a place in the grid of a figure holds; `null` leaves it empty. */
export type Cell = Panel | ColorBar | Notes | null

/** One row of a figure. */
export interface FigureRow {
  /** Height in pixels of the plot areas in it. */
  readonly height: number
  /** What stands in the columns, from left to right; a row with fewer cells than others leaves its last columns empty. */
  readonly cells: readonly Cell[]
}

/** Options of {@link figure}. */
export interface FigureOptions {
  /** The grid, from top to bottom. */
  readonly rows: readonly FigureRow[]
  /** Relative widths of the plot areas, one for each column; a column of colour bars keeps its own. @defaultValue all equal */
  readonly columns?: readonly number[]
  /** Pixels of the whole figure. @defaultValue 1200 */
  readonly width?: number
  /** Headline, which is also what a screen reader says of the picture. @defaultValue none */
  readonly title?: string
  /** A sentence below the headline, wrapped to the width. @defaultValue none */
  readonly subtitle?: string
  /** Small print below the panels, wrapped to the width. @defaultValue none */
  readonly note?: string
  /** Horizontal axes that run over the same range: those of each column, labelled at its foot; or all. @defaultValue 'none' */
  readonly shareX?: 'none' | 'column' | 'all'
  /** Vertical axes that run over the same range: those of each row, labelled at its left; or all. @defaultValue 'none' */
  readonly shareY?: 'none' | 'row' | 'all'
  /** Legends above each panel, or one for the whole figure below its subtitle. @defaultValue 'panels' */
  readonly legend?: 'panels' | 'shared'
}

const columnGap = 22
const barGap = 12
const rowGap = 16
const leastPlotWidth = 60

/**
 * Panels in a grid as one SVG: the plot areas of a column share their left and right edges, those of a row their top and
 * bottom, and every margin is measured from the text that stands in it.
 *
 * @returns the SVG document as text; the same options give the same bytes.
 * @throws {RangeError} when a row is empty, a size is not positive, columns and cells differ in number, axes that are
 * shared differ in scale, or the width leaves a panel less than 60 pixels.
 */
export function figure(options: FigureOptions): string {
  const { rows, width = 1200 } = options
  const count = checkGrid(options)
  const settings = new Map<Panel, PanelSetting>()
  rows.forEach((row, r) => row.cells.forEach((cell, c) => {
    if (cell?.kind === 'panel') settings.set(cell, settingOf(options, cell, r, c))
  }))
  const measure = (cell: Cell, plotWidth: number, height: number, heading: HeadingForm = 'stacked'): Margins => {
    if (cell?.kind === 'panel') return measurePanel(cell, settings.get(cell)!, plotWidth, height, heading)
    if (cell?.kind === 'color-bar') return measureColorBar(cell, height)
    const over = cell?.kind === 'notes' ? layoutNotes(cell, { left: 0, top: 0, width: plotWidth }).height - height : 0
    return { top: 0, left: 0, right: 0, bottom: Math.max(0, over) }
  }
  const columnIndices = Array.from({ length: count }, (_, c) => c)
  const widest = (c: number, side: 'left' | 'right', plotWidths: readonly number[]): number =>
    Math.max(...rows.map(({ cells, height }) => measure(cells[c] ?? null, plotWidths[c], height)[side]))
  let plotWidths: readonly number[] = columnIndices.map(() => width / count)
  let lefts: number[] = []
  let rights: number[] = []
  for (let pass = 0; pass < 2; pass++) { // margins depend on the ticks, and these a little on the width
    lefts = columnIndices.map((c) => widest(c, 'left', plotWidths))
    rights = columnIndices.map((c) => widest(c, 'right', plotWidths))
    plotWidths = plotWidthsFor(options, lefts, rights, width)
  }
  const columnLefts = columnIndices.map((c) => round(padding + columnIndices.slice(0, c)
    .reduce((sum, i) => sum + lefts[i] + plotWidths[i] + rights[i], 0) + gapsBefore(options, c) + lefts[c]))
  const head = layoutHead(options, width)
  let y = padding + head.height
  const parts = [head.svg]
  for (const { cells, height } of rows) {
    const heading = cells.every((cell, c) => cell?.kind !== 'panel' || fitsOneLine(cell, plotWidths[c], settings.get(cell)!.legend))
      ? 'one line' : 'stacked'
    const margins = columnIndices.map((c) => measure(cells[c] ?? null, plotWidths[c], height, heading))
    const top = round(y + Math.max(...margins.map((margin) => margin.top)))
    cells.forEach((cell, c) => {
      const box = { left: columnLefts[c], top, width: plotWidths[c], height }
      if (cell?.kind === 'panel') parts.push(drawPanel(cell, settings.get(cell)!, { box, heading, headingTop: y, labelOffset: lefts[c] }))
      if (cell?.kind === 'color-bar') parts.push(drawColorBar(cell, box))
      if (cell?.kind === 'notes') parts.push(layoutNotes(cell, box).svg)
    })
    y = top + height + Math.max(...margins.map((margin) => margin.bottom)) + rowGap
  }
  const note = layoutNote(options.note, y, width - 2 * padding)
  parts.push(note.svg)
  const total = Math.ceil(y + (note.height > 0 ? note.height : -rowGap) + padding * 0.75)
  return svgDocument(width, total, options.title, parts.join('\n'))
}

const round = (value: number): number => Math.round(value) // plot areas on whole pixels: crisp frames

function checkGrid({ rows, columns, width = 1200 }: FigureOptions): number {
  checkPositive('width', width)
  if (rows.length === 0 || rows.every(({ cells }) => cells.length === 0)) {
    throw new RangeError('A figure must have at least one row with a cell; got none. Pass rows: [{ height, cells: [panel(…)] }].')
  }
  const count = Math.max(...rows.map(({ cells }) => cells.length))
  rows.forEach(({ height }, r) => checkPositive(`rows[${r}].height`, height))
  if (columns !== undefined && columns.length !== count) {
    throw new RangeError(`columns must hold one width for each of the ${count} columns; got ${columns.length}. Colour bars count as columns.`)
  }
  columns?.forEach((weight, c) => checkPositive(`columns[${c}]`, weight))
  return count
}

function isBarColumn(rows: readonly FigureRow[], c: number): boolean {
  return rows.some(({ cells }) => cells[c]?.kind === 'color-bar') && rows.every(({ cells }) => cells[c]?.kind !== 'panel')
}

/** All gaps up to a column; a colour bar stands close to its panel. */
function gapsBefore({ rows }: FigureOptions, column: number): number {
  return Array.from({ length: column }, (_, c) => (isBarColumn(rows, c + 1) ? barGap : columnGap)).reduce((sum, gap) => sum + gap, 0)
}

/** What is left of the width after all margins, dealt out by weight. */
function plotWidthsFor(options: FigureOptions, lefts: readonly number[], rights: readonly number[], width: number): number[] {
  const { rows, columns } = options
  const isBar = lefts.map((_, c) => isBarColumn(rows, c))
  const weights = lefts.map((_, c) => (isBar[c] ? 0 : columns?.[c] ?? 1))
  const taken = lefts.reduce((sum, left, c) => sum + left + rights[c] + (isBar[c] ? colorBarWidth : 0), 0)
  const free = width - 2 * padding - gapsBefore(options, lefts.length - 1) - taken
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight, c) => {
    const plotWidth = isBar[c] ? colorBarWidth : Math.floor((free * weight) / total)
    if (!isBar[c] && plotWidth < leastPlotWidth) {
      throw new RangeError(
        `width must leave each panel at least ${leastPlotWidth} pixels; got ${px(width)}, which leaves column ${c} ${px(plotWidth)}. Widen the figure or use fewer columns.`,
      )
    }
    return plotWidth
  })
}

/** Domains and labelling of a panel, those shared with others in its row, column or the whole figure included. */
function settingOf({ rows, shareX = 'none', shareY = 'none', legend = 'panels' }: FigureOptions, panel: Panel, r: number, c: number): PanelSetting {
  const isPanel = (cell: Cell | undefined): cell is Panel => cell?.kind === 'panel'
  const all = rows.flatMap(({ cells }) => cells).filter(isPanel)
  const inColumn = rows.map(({ cells }) => cells[c]).filter(isPanel)
  const inRow = rows[r].cells.filter(isPanel)
  return {
    xDomain: sharedDomain('x', shareX === 'all' ? all : shareX === 'column' ? inColumn : [panel]),
    yDomain: sharedDomain('y', shareY === 'all' ? all : shareY === 'row' ? inRow : [panel]),
    xLabelled: shareX === 'none' || inColumn.at(-1) === panel,
    yLabelled: shareY === 'none' || inRow[0] === panel,
    legend: legend === 'shared' ? 'none' : panel.legend ?? 'above',
  }
}

function sharedDomain(side: 'x' | 'y', panels: readonly Panel[]): Extent {
  const kind = panels[0][side].scale ?? 'linear'
  const other = panels.find((panel) => (panel[side].scale ?? 'linear') !== kind)
  if (other) throw new RangeError(`${side} axes that are shared must have one scale; got ${kind} and ${other[side].scale ?? 'linear'}. Choose one, or do not share.`)
  const union = unionExtent(panels.map((panel) => panel[side].domain ?? dataExtent(panel, side)!))
  const [low, high] = union[0] < union[1] ? union : spread(kind, union[0])
  const exact = panels.some((panel) => panel[side].domain !== undefined || panel.layers.some((layer) => layer.ground))
  return side === 'x' || exact ? [low, high] : niceDomain(kind, [low, high])
}

/** Room about data that are all the same. */
function spread(kind: 'linear' | 'log', value: number): Extent {
  if (kind === 'log') return [value / 2, value * 2]
  return value === 0 ? [-1, 1] : [value - Math.abs(value) / 2, value + Math.abs(value) / 2]
}

function layoutHead({ title, subtitle, rows, legend }: FigureOptions, width: number): { height: number; svg: string } {
  const inner = width - 2 * padding
  const panels = rows.flatMap(({ cells }) => cells).filter((cell): cell is Panel => cell?.kind === 'panel')
  const ground = panels.flatMap(({ layers }) => layers).find((layer) => layer.ground)?.ground?.color
  const keys = layoutLegend(legend === 'shared' ? panels.flatMap(({ layers }) => layers.flatMap((layer) => layer.keys)) : [], inner, ground)
  const heading = layoutTitle(title, subtitle, inner)
  const legendTop = heading.bottom + (keys.height > 0 ? 10 : 0)
  const height = legendTop + keys.height - padding
  return { height: height > 0 ? height + 14 : 0, svg: heading.svg + keys.draw(padding, legendTop) }
}
