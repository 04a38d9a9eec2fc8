import type { Path } from './stroke-path'

/** How the pen draws. */
export interface Pen {
  /** Half the width of the line at the start and at the end of each path, in pixels; linear in between. */
  readonly radii: readonly [start: number, end: number]
  /** Width of the soft edge, in pixels. */
  readonly softness: number
  /** Grey value of full ink, 0 … 255. */
  readonly ink: number
}

/**
 * Draws paths into a grey image: each pixel takes the ink of the nearest line, full inside it and falling linearly over
 * the soft edge.
 *
 * @param image - the pixels, (size, size), row by row; receives the larger of what is there and what is drawn
 * @param size - pixels per side
 * @param paths - in pixels; the centre of the first pixel is (0, 0)
 */
export function drawPaths(image: Uint8Array, size: number, paths: readonly Path[], { radii: [start, end], softness, ink }: Pen): void {
  for (const path of paths) {
    const pieces = path.length / 2 - 1
    for (let piece = 0; piece < pieces; piece++) {
      const [x0, y0, x1, y1] = [path[2 * piece], path[2 * piece + 1], path[2 * piece + 2], path[2 * piece + 3]]
      const radius = start + ((end - start) * (piece + 0.5)) / pieces
      const reach = radius + softness / 2
      const [dx, dy] = [x1 - x0, y1 - y0]
      const squared = dx * dx + dy * dy
      const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach))
      const bottom = Math.min(size - 1, Math.floor(Math.max(y0, y1) + reach))
      const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach))
      const right = Math.min(size - 1, Math.floor(Math.max(x0, x1) + reach))
      for (let y = top; y <= bottom; y++) {
        for (let x = left; x <= right; x++) {
          const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / squared))
          const distance = Math.sqrt((x - x0 - along * dx) ** 2 + (y - y0 - along * dy) ** 2)
          const value = Math.round(ink * Math.min(1, (reach - distance) / softness))
          if (value > image[y * size + x]) image[y * size + x] = value
        }
      }
    }
  }
}
