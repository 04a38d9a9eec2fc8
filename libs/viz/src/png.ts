import { fileURLToPath } from 'node:url'
import { checkPositive } from './input-checks'

/** Options of {@link renderPng}. */
export interface RenderPngOptions {
  /** Pixels of the PNG for each pixel of the SVG. @defaultValue 2 */
  readonly scale?: number
}

const fontFiles = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf', 'DejaVuSans-Symbols.ttf'] // the last for signs that Inter lacks, such as ∇

/**
 * An SVG made by this library as PNG, set in the fonts that come with the package (no system font is read, so the same
 * SVG gives the same bytes everywhere). For Node; resvg and the fonts are loaded at the first call.
 *
 * @returns the bytes of the PNG file, `scale` times as wide and high as the SVG.
 * @throws {RangeError} when scale is not positive.
 * @throws {TypeError} when the text is not an SVG document.
 */
export async function renderPng(svg: string, { scale = 2 }: RenderPngOptions = {}): Promise<Uint8Array> {
  checkPositive('scale', scale)
  if (typeof svg !== 'string' || !/^\s*(<\?xml[^>]*>\s*)?<svg[\s>]/.test(svg)) {
    throw new TypeError(`svg must be an SVG document as text; got ${String(svg).slice(0, 40)}. Pass what figure() returned.`)
  }
  const { Resvg } = await import('@resvg/resvg-js')
  const image = new Resvg(svg.replaceAll('image-rendering="pixelated"', 'image-rendering="optimizeSpeed"'), { // the name that resvg knows it by
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: fontFiles.map((name) => fileURLToPath(new URL(`../fonts/${name}`, import.meta.url))),
      defaultFontFamily: 'Inter',
      sansSerifFamily: 'Inter',
    },
  })
  return new Uint8Array(image.render().asPng())
}
