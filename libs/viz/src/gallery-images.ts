import { normals } from './gallery-subject'
import type { ImageSet } from './images'

/** Strokes of ten digits as polylines in a unit square, y downwards. */
const arc = (cx: number, cy: number, rx: number, ry: number, from: number, to: number): [number, number][] =>
  Array.from({ length: 17 }, (_, i) => {
    const angle = ((from + ((to - from) * i) / 16) * Math.PI) / 180
    return [cx + rx * Math.cos(angle), cy + ry * Math.sin(angle)]
  })
const strokes: readonly (readonly (readonly [number, number])[])[][] = [
  [arc(0.5, 0.5, 0.22, 0.34, 0, 360)],
  [[[0.36, 0.3], [0.53, 0.16], [0.53, 0.84]]],
  [[...arc(0.5, 0.34, 0.2, 0.18, 190, 380), [0.3, 0.82], [0.72, 0.82]]],
  [[...arc(0.48, 0.33, 0.19, 0.17, 200, 450)], [...arc(0.48, 0.66, 0.22, 0.18, 270, 520)]],
  [[[0.6, 0.84], [0.6, 0.16], [0.27, 0.62], [0.75, 0.62]]],
  [[[0.7, 0.17], [0.36, 0.17], [0.33, 0.46], ...arc(0.48, 0.63, 0.22, 0.2, 230, 500)]],
  [[[0.62, 0.16], ...arc(0.5, 0.64, 0.2, 0.19, 190, 560)]],
  [[[0.28, 0.18], [0.72, 0.18], [0.44, 0.84]]],
  [arc(0.5, 0.33, 0.17, 0.16, 0, 360), arc(0.5, 0.66, 0.21, 0.18, 0, 360)],
  [[...arc(0.5, 0.36, 0.19, 0.19, 0, 360), [0.66, 0.84]]],
]

/** Digits drawn with a pen of random slant, place and width, in [−1, 1]; `classes` names the digit of each image. */
export function drawnDigits(classes: readonly number[], seed: number, size = 28): ImageSet & { readonly images: Float32Array } {
  const normal = normals(seed)
  const images = new Float32Array(classes.length * size * size)
  classes.forEach((digit, index) => {
    const [slant, turn, dx, dy, zoom] = [0.12 * normal(), 0.1 * normal(), 0.03 * normal(), 0.03 * normal(), 0.9 + 0.05 * normal()]
    const pen = 0.045 + 0.008 * normal()
    const place = ([x, y]: readonly [number, number]): [number, number] => {
      const [u, v] = [zoom * (x - 0.5), zoom * (y - 0.5)]
      return [0.5 + dx + u - slant * v - turn * v, 0.5 + dy + v + turn * u]
    }
    const segments = strokes[digit].flatMap((stroke) => stroke.slice(1).map((end, i) => [place(stroke[i]), place(end)] as const))
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const [x, y] = [(column + 0.5) / size, (row + 0.5) / size]
        const distance = Math.min(...segments.map(([a, b]) => distanceToSegment(x, y, a, b)))
        images[(index * size + row) * size + column] = 2 * Math.min(1, Math.max(0, 0.5 + (pen - distance) * size)) - 1
      }
    }
  })
  return { images, count: classes.length, height: size, width: size }
}

function distanceToSegment(x: number, y: number, [ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
  const [dx, dy] = [bx - ax, by - ay]
  const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)))
  return Math.hypot(x - ax - along * dx, y - ay - along * dy)
}

/** α x + √(1 − α²) z with noise z that stays the same for a seed, as a deterministic sampler leaves it. */
export function noisyImages(set: ImageSet & { readonly images: Float32Array }, alpha: number, seed: number): ImageSet {
  const normal = normals(seed)
  const sigma = Math.sqrt(1 - alpha * alpha)
  return { ...set, images: set.images.map((value) => alpha * value + sigma * normal()) }
}

/** The mean signal α(t) of the SDE in the gallery's other pictures. */
export const signal = (t: number): number => Math.exp(-0.5 * (0.1 * t + 9.95 * t * t))
