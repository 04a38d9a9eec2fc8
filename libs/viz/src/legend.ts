import { endMark } from './end-mark'
import type { LegendKey } from './layer'
import { element } from './svg'
import { linesHeight, textBlock, textWidth, wrapText } from './text'
import { theme } from './theme'

/** A legend set in rows: its height, and its SVG from a top left corner. */
export interface LegendLayout {
  readonly height: number
  readonly width: number
  draw(left: number, top: number): string
}

const style = { size: theme.size.legend, fill: theme.ink }
const signWidth = 24
const signGap = 7
const entryGap = 20
const rowGap = 3

/** One entry for each different key, in order, those of start and end marks last. */
function distinctKeys(keys: readonly LegendKey[]): LegendKey[] {
  const seen = new Map(keys.map((key) => [JSON.stringify(key), key]))
  const isMark = ({ swatch }: LegendKey): boolean => swatch === 'start' || swatch === 'end'
  return [...[...seen.values()].filter((key) => !isMark(key)), ...[...seen.values()].filter(isMark)]
}

/** Sets the entries side by side, in as many rows as the width asks for; `ground` lies under the signs of haloed lines. */
export function layoutLegend(keys: readonly LegendKey[], maxWidth: number, ground?: string): LegendLayout {
  const placed: { key: LegendKey; lines: string[]; x: number; y: number; sign: number }[] = []
  let [x, y, rowHeight, width] = [0, 0, 0, 0]
  for (const key of distinctKeys(keys)) {
    const sign = key.swatch === 'start' || key.swatch === 'end' ? 12 : signWidth
    const lines = wrapText(key.label, style, Math.max(40, maxWidth - sign - signGap))
    const entryWidth = sign + signGap + Math.max(...lines.map((text) => textWidth(text, style)), 0)
    if (x > 0 && x + entryWidth > maxWidth) {
      y += rowHeight + rowGap
      ;[x, rowHeight] = [0, 0]
    }
    placed.push({ key, lines, x, y, sign })
    width = Math.max(width, x + entryWidth)
    x += entryWidth + entryGap
    rowHeight = Math.max(rowHeight, linesHeight(lines.length, style))
  }
  return {
    width,
    height: placed.length === 0 ? 0 : y + rowHeight,
    draw: (left, top) => placed.map((entry) =>
      drawSign(entry.key, left + entry.x, top + entry.y + linesHeight(1, style) / 2, entry.sign, ground)
      + textBlock(left + entry.x + entry.sign + signGap, top + entry.y, entry.lines, style)).join(''),
  }
}

function drawSign(key: LegendKey, x: number, y: number, width: number, ground: string | undefined): string {
  const { swatch, color, dash, opacity } = key
  if (swatch === 'area') return element('rect', { x, y: y - 5, width, height: 10, fill: color, 'fill-opacity': opacity })
  if (swatch === 'start' || swatch === 'end') {
    return endMark(swatch, x + width / 2, y, { fill: color })
  }
  const plate = key.halo !== undefined && ground !== undefined
    ? element('rect', { x, y: y - 6, width, height: 12, rx: 2.5, fill: ground })
    : ''
  const inset = plate === '' ? 0 : 3
  return plate + element('line', {
    x1: x + inset, x2: x + width - inset, y1: y, y2: y,
    stroke: color, 'stroke-width': key.width ?? 1.6, 'stroke-dasharray': dash, 'stroke-opacity': opacity,
  })
}
