import type { Stroke, StrokePoint } from './glyphs'

/** A curve as the points of a chain of straight pieces: x₀, y₀, x₁, y₁, … */
export type Path = Float64Array

/** Straight pieces between two points of a stroke: about two pixels each at the size of a digit. */
const PIECES = 6

/**
 * The curve of a stroke: a Catmull–Rom spline between its ends and corners, which passes each of its points.
 *
 * @see Catmull and Rom 1974, "A class of local interpolating splines"; the uniform one, of tension ½.
 */
export function strokePath(stroke: Stroke): Path {
  const path = new Float64Array(2 * ((stroke.length - 1) * PIECES + 1))
  path.set([stroke[0][0], stroke[0][1]])
  for (let i = 0, at = 2; i + 1 < stroke.length; i++) {
    const [from, to] = [stroke[i], stroke[i + 1]]
    const before = i === 0 || from[2] === 'corner' ? mirrored(from, to) : stroke[i - 1]
    const after = i + 2 === stroke.length || to[2] === 'corner' ? mirrored(to, from) : stroke[i + 2]
    for (let piece = 1; piece <= PIECES; piece++) {
      for (const axis of [0, 1] as const) path[at++] = catmullRom(before[axis], from[axis], to[axis], after[axis], piece / PIECES)
    }
  }
  return path
}

/** The neighbour that a point would have if the curve went straight on. */
const mirrored = ([x, y]: StrokePoint, [otherX, otherY]: StrokePoint): StrokePoint => [2 * x - otherX, 2 * y - otherY]

function catmullRom(before: number, from: number, to: number, after: number, u: number): number {
  const slope = to - before
  const bend = 2 * before - 5 * from + 4 * to - after
  return from + 0.5 * u * (slope + u * (bend + u * (3 * (from - to) + after - before)))
}
