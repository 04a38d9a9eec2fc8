import { encode } from 'fast-png'
import type { ColorScale } from './color-scale'

/** A coloured grid as PNG: `valueAt(column, row)` with row 0 at the top. */
export function rasterPng(width: number, height: number, colors: ColorScale, valueAt: (column: number, row: number) => number): Uint8Array {
  const data = new Uint8Array(3 * width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) data.set(colors.rgb(valueAt(column, row)), 3 * (row * width + column))
  }
  return encode({ width, height, data, channels: 3, depth: 8 })
}

/** The bytes of a PNG as `data:image/png;base64,…`, which SVG images can hold. */
export function pngDataUri(png: Uint8Array): string {
  let binary = ''
  for (const byte of png) binary += String.fromCharCode(byte)
  return `data:image/png;base64,${btoa(binary)}`
}
