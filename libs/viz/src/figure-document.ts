import { element, px } from './svg'
import { theme } from './theme'
import { linesHeight, textBlock, wrapText } from './text'

/** Pixels about everything in a figure. */
export const padding = 28
/** How the texts about a figure are set. */
const documentStyles = {
  title: { size: theme.size.title, weight: 600 as const },
  subtitle: { size: theme.size.subtitle, fill: theme.softInk },
  note: { size: theme.size.note, fill: theme.softInk },
}

/** Title and subtitle from the top left corner inside the padding, wrapped to `inner` pixels. */
export function layoutTitle(title: string | undefined, subtitle: string | undefined, inner: number): { bottom: number; svg: string } {
  const titleLines = wrapText(title ?? '', documentStyles.title, inner)
  const subtitleLines = wrapText(subtitle ?? '', documentStyles.subtitle, inner)
  const subtitleTop = padding + linesHeight(titleLines.length, documentStyles.title) + (titleLines.length > 0 ? 2 : 0)
  return {
    bottom: subtitleTop + linesHeight(subtitleLines.length, documentStyles.subtitle),
    svg: textBlock(padding, padding, titleLines, documentStyles.title) + textBlock(padding, subtitleTop, subtitleLines, documentStyles.subtitle),
  }
}

/** Small print below everything, wrapped to `inner` pixels. */
export function layoutNote(note: string | undefined, top: number, inner: number): { height: number; svg: string } {
  const lines = wrapText(note ?? '', documentStyles.note, inner)
  return { height: linesHeight(lines.length, documentStyles.note), svg: textBlock(padding, top, lines, documentStyles.note) }
}

/** The whole SVG document. */
export function svgDocument(width: number, height: number, title: string | undefined, content: string): string {
  return element('svg', {
    xmlns: 'http://www.w3.org/2000/svg', width, height, viewBox: `0 0 ${px(width)} ${px(height)}`,
    role: 'img', 'aria-label': title, 'font-family': theme.fontFamily,
  }, `\n${element('rect', { width, height, fill: theme.background })}\n${content}\n`) + '\n'
}
