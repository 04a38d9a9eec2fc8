import { glyphs, type Glyph, type StrokePoint } from './glyphs'
import type { Pen } from './pen'
import { strokePath, type Path } from './stroke-path'

/** Uniform numbers that one digit may use. */
export const NUMBERS_PER_DIGIT = 96

/** A digit ready to be drawn. */
export interface WrittenDigit {
  /** Its lines, in pixels; the centre of the first pixel is (0, 0). */
  readonly paths: readonly Path[]
  /** What they are drawn with. */
  readonly pen: Pen
}

/** Uniform numbers, taken one after the other. */
interface Chance {
  /** Uniform in [low, high). */
  between(low: number, high: number): number
  /** In (−width, width), most often near 0: the difference of two uniforms. */
  about(width: number): number
}

/**
 * One way to write a digit: a form, its points moved, and the whole bent, slanted, turned, sized and placed.
 *
 * @param digit - 0 … 9
 * @param uniforms - NUMBERS_PER_DIGIT numbers in (0, 1), which decide everything
 * @param size - pixels per side of the image
 */
export function writeDigit(digit: number, uniforms: Float64Array, size: number): WrittenDigit {
  const chance = chanceOf(uniforms)
  const forms = glyphs[digit]
  const form = forms[Math.floor(chance.between(0, forms.length))]
  const placed = placement(chance, size)
  const pen = penOf(chance)
  const hand = handOf(chance)
  const paths = moved(form, chance).map(strokePath)
  paths.forEach((path) => transform(path, hand))
  place(paths, placed)
  return { paths, pen }
}

function chanceOf(uniforms: Float64Array): Chance {
  let at = 0
  const next = (): number => uniforms[at++]
  return {
    between: (low, high) => low + (high - low) * next(),
    about: (width) => width * (next() - next()),
  }
}

/** Each point moved a little; those that strokes share move together. */
function moved(form: Glyph, { about }: Chance): Glyph {
  const places = new Map<string, StrokePoint>()
  return form.map((stroke) => stroke.map(([x, y, kind]) => {
    const key = `${x},${y}`
    const [toX, toY] = places.get(key) ?? places.set(key, [x + about(0.08), y + about(0.08)]).get(key) as StrokePoint
    return [toX, toY, kind] as StrokePoint
  }))
}

/** A map of the plane: (x, y) → what the hand makes of it. */
type Hand = (x: number, y: number) => readonly [x: number, y: number]

/** A smooth bend, then slant, width and turn. */
function handOf({ about, between }: Chance): Hand {
  const [bendX, bendY, phaseX, phaseY] = [about(0.1), about(0.07), between(-3, 3), between(-3, 3)]
  const [slant, width, turn] = [0.14 + about(0.45), between(0.72, 1.2), about(0.28)]
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)]
  return (x, y) => {
    const bentX = width * (x + bendX * Math.sin(4 * y + phaseX))
    const bentY = y + bendY * Math.sin(4 * x + phaseY)
    const slantedX = bentX - slant * bentY
    return [cos * slantedX - sin * bentY, sin * slantedX + cos * bentY]
  }
}

function transform(path: Path, hand: Hand): void {
  for (let at = 0; at < path.length; at += 2) [path[at], path[at + 1]] = hand(path[at], path[at + 1])
}

/** Where on the image, and how large. */
interface Placement {
  /** Pixels of the longer side of the digit's lines. */
  readonly extent: number
  /** Pixels to the right of the middle. */
  readonly right: number
  /** Pixels below it. */
  readonly down: number
  /** Pixels of the middle itself. */
  readonly middle: number
}

function placement({ between, about }: Chance, size: number): Placement {
  return { extent: size * between(0.56, 0.7), right: size * about(0.05), down: size * about(0.05), middle: (size - 1) / 2 }
}

/** Scales all lines to the extent, with the centre of their bounding box in its place. */
function place(paths: readonly Path[], { extent, right, down, middle }: Placement): void {
  const [x, y] = [boundsOf(paths, 0), boundsOf(paths, 1)]
  const scale = extent / Math.max(x.length, y.length)
  for (const path of paths) {
    for (let at = 0; at < path.length; at += 2) {
      path[at] = middle + right + scale * (path[at] - x.centre)
      path[at + 1] = middle + down + scale * (path[at + 1] - y.centre)
    }
  }
}

/** How far the lines reach along one axis. */
function boundsOf(paths: readonly Path[], axis: 0 | 1): { readonly centre: number; readonly length: number } {
  let [low, high] = [Infinity, -Infinity]
  for (const path of paths) {
    for (let at = axis; at < path.length; at += 2) {
      low = Math.min(low, path[at])
      high = Math.max(high, path[at])
    }
  }
  return { centre: (low + high) / 2, length: high - low }
}

function penOf({ between, about }: Chance): Pen {
  const radius = between(0.8, 1.9)
  const taper = about(0.3)
  return { radii: [radius * (1 + taper), radius * (1 - taper)], softness: between(0.9, 1.6), ink: between(205, 255) }
}
