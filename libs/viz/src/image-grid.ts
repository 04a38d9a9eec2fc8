import { imageGridRaster } from './image-grid-raster'
import { checkInteger, type ImageSet } from './images'
import { drawImageTable } from './image-table'

/** Options of {@link imageGrid}. */
export interface ImageGridOptions {
  /** Images in a row; the last row may be shorter. @defaultValue as many as there are column labels, else ⌈√count⌉ */
  readonly columns?: number
  /** Pixels of the figure for each pixel of an image. @defaultValue the integer that makes the longer side about 56 pixels */
  readonly scale?: number
  /** Pixels of an image between two of them, scaled as they are. @defaultValue 1 */
  readonly gap?: number
  /** Headline, which is also what a screen reader says of the picture. @defaultValue none */
  readonly title?: string
  /** A sentence below the headline, wrapped to the width. @defaultValue none */
  readonly subtitle?: string
  /** Small print below the grid, wrapped to the width. @defaultValue none */
  readonly note?: string
  /** Text above each column, such as the names of classes; `_{…}` and `^{…}` set sub- and superscripts. @defaultValue none */
  readonly columnLabels?: readonly string[]
  /** Text left of each row, such as the scale of a guidance. @defaultValue none */
  readonly rowLabels?: readonly string[]
  /** What the columns are, above their labels. @defaultValue none */
  readonly columnTitle?: string
  /** What the rows are, set upright at the left. @defaultValue none */
  readonly rowTitle?: string
}

/**
 * Images in a grid as an SVG figure: samples, or rows of a sweep beside each other. Pixels stay sharp squares at every zoom,
 * since the SVG holds the grid as a PNG with one pixel for each of theirs.
 *
 * @returns the SVG document as text; the same input gives the same bytes.
 * @throws {RangeError} when the values do not fill the images or are not finite, labels and columns or rows differ in number, or an
 * option is out of range.
 * @throws {TypeError} when the images are no array.
 */
export function imageGrid(images: ImageSet, options: ImageGridOptions = {}): string {
  const { columnLabels, rowLabels, gap = 1, scale = fittingScale(images) } = options
  const columns = options.columns ?? columnLabels?.length
  const raster = imageGridRaster(images, { gap, ...(columns === undefined ? {} : { columns }) })
  checkInteger('scale', scale) // after the images, whose size it may come from
  const [stepX, stepY] = [images.width + gap, images.height + gap]
  const grid = { columns: (raster.width + gap) / stepX, rows: (raster.height + gap) / stepY }
  checkLabels('columnLabels', columnLabels, grid.columns, 'columns')
  checkLabels('rowLabels', rowLabels, grid.rows, 'rows')
  return drawImageTable({ ...options, ...grid, raster, stepX, stepY, gap, scale })
}

/** The integer scale that makes the longer side of an image about 56 pixels. */
export function fittingScale({ width, height }: Pick<ImageSet, 'width' | 'height'>): number {
  return Math.max(1, Math.round(56 / Math.max(width, height)))
}

/** @throws {RangeError} unless there is one label for each column or row. */
export function checkLabels(name: string, labels: readonly string[] | undefined, count: number, of: 'columns' | 'rows'): void {
  if (labels !== undefined && labels.length !== count) {
    throw new RangeError(`${name} must hold one text for each of the ${count} ${of}; got ${labels.length}. Use '' where none should stand.`)
  }
}
