// @ts-expect-error gifenc ships no types; what is used of it is typed below
import * as gifenc from 'gifenc'

/** A colour of a palette: red, green, blue, 0 to 255. */
export type PaletteColor = readonly number[]

/** What a frame is written with. */
export interface GifFrameOptions {
  /** Colours, at most 256. */
  readonly palette: readonly PaletteColor[]
  /** Milliseconds that it stays, rounded to hundredths of a second. */
  readonly delay: number
  /** −1 to play once, 0 for ever, n to repeat n times; read at the first frame. */
  readonly repeat: number
}

/** The stream of frames. */
export interface GifStream {
  writeFrame(index: Uint8Array, width: number, height: number, options: GifFrameOptions): void
  finish(): void
  bytes(): Uint8Array
}

/** The part of gifenc that this library uses. */
export interface Gifenc {
  GIFEncoder(): GifStream
  quantize(rgba: Uint8Array | Uint8ClampedArray, colors: number): PaletteColor[]
  applyPalette(rgba: Uint8Array | Uint8ClampedArray, palette: readonly PaletteColor[]): Uint8Array
}

const namespace = gifenc as Gifenc | { readonly default: Gifenc }

/** Node sees gifenc as CommonJS, all of it under `default`; bundlers see an ES module, with names of its own. */
export const gifEncoder: Gifenc = 'GIFEncoder' in namespace ? namespace : namespace.default
