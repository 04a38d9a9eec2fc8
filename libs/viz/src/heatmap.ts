import type { ColorScale } from './color-scale'
import { checkFinite, checkIncreasing, checkLength } from './input-checks'
import type { Frame, Layer } from './layer'
import { pngDataUri, rasterPng } from './raster'
import { element } from './svg'

/** Options of {@link heatmap}. */
export interface HeatmapOptions {
  /** Borders of the columns on the horizontal axis, (columns + 1,), strictly increasing. */
  readonly xEdges: ArrayLike<number>
  /** Borders of the rows on the vertical axis, (rows + 1,), strictly increasing. */
  readonly yEdges: ArrayLike<number>
  /** Value of each cell, (columns × rows,), column after column, each from its lowest row up. */
  readonly values: ArrayLike<number>
  /** Colour of each value; hand the same scale to all panels that are to be compared. */
  readonly colors: ColorScale
}

const finest = 4096 // columns or rows of a raster made from cells of unequal size

/**
 * Coloured cells over a grid, such as a density over time and place: one PNG pixel for each cell where cells have equal
 * size, otherwise the nearest cell on an even raster fine enough for the smallest.
 *
 * @returns a layer for {@link panel}; it keeps no reference to the arrays
 * @throws {RangeError} when edges do not increase, the values are not columns × rows, or one of them is not finite.
 * @throws {TypeError} when an array is missing or holds something else than numbers.
 */
export function heatmap({ xEdges, yEdges, values, colors }: HeatmapOptions): Layer {
  checkIncreasing('xEdges', xEdges)
  checkIncreasing('yEdges', yEdges)
  checkFinite('values', values)
  const [columns, rows] = [xEdges.length - 1, yEdges.length - 1]
  checkLength('values', values, columns * rows, `columns × rows = ${columns} × ${rows}`, 'Store the cells column after column.')
  const [xCells, yCells] = [rasterCells(xEdges), rasterCells(yEdges)]
  const png = rasterPng(xCells.length, yCells.length, colors, (column, row) =>
    values[xCells[column] * rows + yCells[yCells.length - 1 - row]])
  const href = pngDataUri(png)
  const [x0, x1, y0, y1] = [xEdges[0], xEdges[columns], yEdges[0], yEdges[rows]]
  return Object.freeze({
    extent: { x: [x0, x1] as const, y: [y0, y1] as const },
    keys: [],
    ground: { color: colors.css(colors.domain[0]) },
    draw(frame: Frame) {
      const [left, right, top, bottom] = [frame.x(x0), frame.x(x1), frame.y(y1), frame.y(y0)]
      const coarse = Math.min((right - left) / xCells.length, (bottom - top) / yCells.length) > 3
      return element('image', {
        x: left, y: top, width: right - left, height: bottom - top, preserveAspectRatio: 'none',
        'image-rendering': coarse ? 'pixelated' : undefined, // few large cells keep sharp borders, many small ones are averaged
        href,
      })
    },
  })
}

/** Which cell each line of the raster shows: all in turn when they are equally wide, otherwise the cell below its middle. */
function rasterCells(edges: ArrayLike<number>): readonly number[] {
  const cells = edges.length - 1
  const [start, span] = [edges[0], edges[cells] - edges[0]]
  const widths = Array.from({ length: cells }, (_, i) => edges[i + 1] - edges[i])
  if (widths.every((width) => Math.abs(width - span / cells) <= 1e-3 * (span / cells))) return widths.map((_, i) => i)
  const lines = Math.min(finest, Math.max(cells, Math.ceil((2 * span) / Math.min(...widths))))
  let cell = 0
  return Array.from({ length: lines }, (_, i) => {
    const middle = start + (span * (i + 0.5)) / lines
    while (cell < cells - 1 && middle >= edges[cell + 1]) cell++
    return cell
  })
}
