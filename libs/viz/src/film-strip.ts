import { tickLabels } from './axis'
import { checkFinite } from './input-checks'
import { checkLabels, fittingScale } from './image-grid'
import { imageGridRaster } from './image-grid-raster'
import { checkInteger, imageBytes, type ImageSet } from './images'
import { drawImageTable } from './image-table'

/** Options of {@link filmStrip}. */
export interface FilmStripOptions {
  /** States of the same images one after the other, as a sampler passed them; all of one size and count, drawn from left to right. */
  readonly states: readonly ImageSet[]
  /** Time of each state, shown above its column. */
  readonly times: readonly number[]
  /** What the times are. @defaultValue 'time t', with 'backward in time' added where they fall */
  readonly timeTitle?: string
  /** Text left of each image's row. @defaultValue none */
  readonly rowLabels?: readonly string[]
  /** Pixels of the figure for each pixel of an image. @defaultValue the integer that makes the longer side about 56 pixels */
  readonly scale?: number
  /** Pixels of an image between two of them, scaled as they are. @defaultValue 1 */
  readonly gap?: number
  /** Headline, which is also what a screen reader says of the picture. @defaultValue none */
  readonly title?: string
  /** A sentence below the headline, wrapped to the width. @defaultValue none */
  readonly subtitle?: string
  /** Small print below the strip, wrapped to the width. @defaultValue none */
  readonly note?: string
}

/**
 * Images along their way, such as the states of a sampler every 100 steps: a row for each image, a column for each time, and an
 * arrow in the direction in which they were made. Values beyond their range, as noise has them, are clamped.
 *
 * @returns the SVG document as text; the same input gives the same bytes.
 * @throws {RangeError} when there is no state, states differ in size or count, times or labels in number, or a value is not finite.
 * @throws {TypeError} when images are no array.
 */
export function filmStrip(options: FilmStripOptions): string {
  const { states, times, rowLabels, gap = 1 } = options
  if (states.length === 0) throw new RangeError('states must hold at least one state; got none. Keep some on the way of the sampler.')
  checkFinite('times', times)
  if (times.length !== states.length) {
    throw new RangeError(`times must hold one number for each of the ${states.length} states; got ${times.length}. Keep both together.`)
  }
  const bytes = states.map((state, index) => imageBytes(`states[${index}]`, state))
  const { count, height, width, channels } = bytes[0]
  bytes.forEach((state, index) => {
    if (state.count !== count || state.height !== height || state.width !== width || state.channels !== channels) {
      throw new RangeError(
        `states must be of one count and size, ${count} × ${height} × ${width} × ${channels}; ` +
          `got ${state.count} × ${state.height} × ${state.width} × ${state.channels} at index ${index}. Follow the same images.`,
      )
    }
  })
  checkLabels('rowLabels', rowLabels, count, 'rows')
  const { scale = fittingScale(bytes[0]) } = options
  checkInteger('scale', scale)
  const size = height * width * channels
  const columns = states.length
  const images = new Uint8Array(count * columns * size)
  for (let row = 0; row < count; row++) {
    bytes.forEach((state, column) => images.set(state.bytes.subarray(row * size, (row + 1) * size), (row * columns + column) * size))
  }
  const raster = imageGridRaster({ images, count: count * columns, height, width, channels }, { columns, gap })
  const falling = columns > 1 && times[columns - 1] < times[0]
  return drawImageTable({
    ...options, raster, columns, rows: count, stepX: width + gap, stepY: height + gap, gap, scale,
    columnLabels: tickLabels(times), columnTitle: options.timeTitle ?? (falling ? 'time t, backward in time' : 'time t'), arrow: columns > 1,
  })
}
