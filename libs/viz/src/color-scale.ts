import { interpolateCividis, interpolateInferno, interpolateMagma, interpolatePlasma, interpolateViridis } from 'd3-scale-chromatic'
import { checkInterval, checkOneOf, checkPositive } from './input-checks'

/** Perceptually even colour maps whose lightness rises with the value. */
export type ColorMapName = 'viridis' | 'magma' | 'inferno' | 'plasma' | 'cividis'

/** Options of {@link colorScale}. */
export interface ColorScaleOptions {
  /** Value of the darkest and of the brightest colour; values outside take the nearer of the two. */
  readonly domain: readonly [number, number]
  /** The colours that values run through. @defaultValue 'magma' */
  readonly map?: ColorMapName
  /** Power norm: position = ((v − low) / (high − low))^exponent; ½ lifts faint structure. @defaultValue 1 */
  readonly exponent?: number
}

/** A mapping from values to colours. Panels given the same scale show equal values in equal colours. */
export interface ColorScale {
  /** Which of the five colour maps it walks along. */
  readonly map: ColorMapName
  /** Values of the darkest and the brightest colour, low below high, in the unit of what is drawn. */
  readonly domain: readonly [number, number]
  /** Exponent of the power norm: 1 spreads values evenly over the map, a smaller one gives faint values more of it. */
  readonly exponent: number
  /** Where a value stands on the map, 0 (dark) to 1 (bright). */
  position(value: number): number
  /** Colour of a value as red, green, blue, each a whole number from 0 to 255. */
  rgb(value: number): readonly [number, number, number]
  /** The same colour as `#rrggbb`. */
  css(value: number): string
}

type Rgb = readonly [number, number, number]

const interpolators: Readonly<Record<ColorMapName, (position: number) => string>> = {
  viridis: interpolateViridis,
  magma: interpolateMagma,
  inferno: interpolateInferno,
  plasma: interpolatePlasma,
  cividis: interpolateCividis,
}

/**
 * Colours for values, v ↦ map(((v − low) / (high − low))^exponent), in 256 steps.
 *
 * Make one scale and hand it to every panel that is to be compared, and to the colour bar.
 *
 * @returns an immutable scale
 * @throws {RangeError} unless low < high, exponent > 0 and the map is one of the five.
 * @example
 * ```ts
 * import { colorScale } from '@sbgm/viz'
 *
 * const density = colorScale({ domain: [0, 0.42], exponent: 0.5 })
 * console.log(density.css(0)) // #000004
 * ```
 */
export function colorScale({ domain, map = 'magma', exponent = 1 }: ColorScaleOptions): ColorScale {
  checkInterval('domain', domain)
  checkPositive('exponent', exponent)
  checkOneOf('map', map, Object.keys(interpolators) as ColorMapName[])
  const [low, high] = domain
  const ramp = Array.from({ length: 256 }, (_, index) => parseColor(interpolators[map](index / 255)))
  const position = (value: number): number => Math.min(1, Math.max(0, (value - low) / (high - low))) ** exponent
  const rgb = (value: number): Rgb => ramp[Math.round(255 * position(value))]
  const css = (value: number): string => `#${rgb(value).map((part) => part.toString(16).padStart(2, '0')).join('')}`
  return Object.freeze({ map, domain: Object.freeze([low, high] as const), exponent, position, rgb, css })
}

function parseColor(css: string): Rgb {
  const hex = /^#(..)(..)(..)$/.exec(css)
  const parts = hex ? hex.slice(1).map((pair) => parseInt(pair, 16)) : (css.match(/\d+/g) ?? []).map(Number)
  return [parts[0], parts[1], parts[2]]
}
