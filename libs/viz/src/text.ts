import { glyphs, regularAdvances, semiboldAdvances } from './advance-widths'
import { element, escapeXml, px } from './svg'
import { theme } from './theme'

/** Weight of the type: 400 for text, 600 for headings. */
export type FontWeight = 400 | 600

/** How a piece of text is set. */
export interface TextStyle {
  /** Font size in pixels. */
  readonly size: number
  /** @defaultValue 400 */
  readonly weight?: FontWeight
  /** @defaultValue the theme's ink */
  readonly fill?: string
  /** Which point of the line `x` names. @defaultValue 'start' */
  readonly anchor?: 'start' | 'middle' | 'end'
  /** Degrees clockwise about (x, y). @defaultValue 0 */
  readonly rotate?: number
}

interface Run {
  readonly text: string
  readonly level: 'base' | 'sub' | 'sup'
}

const smallType = 0.72
const smallestType = 8.5
const unknownAdvance = 1.1 // em: generous, so that text in scripts outside the table is given room enough
const advances: Readonly<Record<FontWeight, ReadonlyMap<string, number>>> = {
  400: tableOf(regularAdvances),
  600: tableOf(semiboldAdvances),
}

function tableOf(widths: readonly number[]): ReadonlyMap<string, number> {
  return new Map([...glyphs].map((glyph, index) => [glyph, widths[index] / 1000]))
}

/** Splits the markup `_{…}` (subscript) and `^{…}` (superscript); everything else is literal. */
function runsOf(markup: string): Run[] {
  const runs: Run[] = []
  let rest = markup
  for (let match = /([_^])\{([^{}]*)\}/.exec(rest); match; match = /([_^])\{([^{}]*)\}/.exec(rest)) {
    if (match.index > 0) runs.push({ text: rest.slice(0, match.index), level: 'base' })
    runs.push({ text: match[2], level: match[1] === '_' ? 'sub' : 'sup' })
    rest = rest.slice(match.index + match[0].length)
  }
  if (rest !== '' || runs.length === 0) runs.push({ text: rest, level: 'base' })
  return runs
}

/** Width in pixels of one line of text, from the advance widths of the packaged font. */
export function textWidth(markup: string, { size, weight = 400 }: TextStyle): number {
  const table = advances[weight]
  let width = 0
  for (const { text, level } of runsOf(markup)) {
    const scale = size * (level === 'base' ? 1 : smallType)
    for (const character of text) width += scale * (table.get(character) ?? unknownAdvance)
  }
  return width
}

/** Breaks text into lines no wider than `maxWidth`, at spaces where there are any and inside a word where there are none. */
export function wrapText(markup: string, style: TextStyle, maxWidth: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of markup.split(/[ \t\n]+/).filter((part) => part !== '')) {
    const candidate = line === '' ? word : `${line} ${word}`
    if (textWidth(candidate, style) <= maxWidth) {
      line = candidate
      continue
    }
    if (line !== '') lines.push(line)
    const pieces = breakWord(word, style, maxWidth)
    lines.push(...pieces.slice(0, -1))
    line = pieces.at(-1)!
  }
  if (line !== '') lines.push(line)
  return lines
}

function breakWord(word: string, style: TextStyle, maxWidth: number): string[] {
  if (textWidth(word, style) <= maxWidth) return [word]
  const pieces = ['']
  for (const unit of word.match(/[_^]\{[^{}]*\}|[\s\S]/gu) ?? []) { // a subscript stays whole
    const extended = pieces.at(-1)! + unit
    if (pieces.at(-1) !== '' && textWidth(extended, style) > maxWidth) pieces.push(unit)
    else pieces[pieces.length - 1] = extended
  }
  return pieces
}

/** The largest size, in half pixels down from that of the style to 8.5, at which no word is wider than `maxWidth`. */
export function fittingSize(labels: readonly string[], style: TextStyle, maxWidth: number): number {
  const words = labels.flatMap((label) => label.split(/\s+/))
  let { size } = style
  while (size > smallestType && words.some((word) => textWidth(word, { ...style, size }) > maxWidth)) size -= 0.5
  return size
}

/** Height in pixels of a number of lines. */
export function linesHeight(count: number, style: TextStyle): number {
  return count * style.size * theme.leading
}

/** One line of text as SVG, `y` being its baseline. */
export function textLine(x: number, y: number, markup: string, style: TextStyle): string {
  const runs = runsOf(markup)
  const content = runs.length === 1 && runs[0].level === 'base' ? escapeXml(runs[0].text) : shiftedRuns(runs, style.size)
  return element('text', {
    x,
    y,
    'font-size': style.size,
    'font-weight': style.weight === 600 ? 600 : undefined,
    fill: style.fill ?? theme.ink,
    'text-anchor': style.anchor === undefined || style.anchor === 'start' ? undefined : style.anchor,
    transform: style.rotate ? `rotate(${style.rotate} ${px(x)} ${px(y)})` : undefined,
  }, content)
}

function shiftedRuns(runs: readonly Run[], size: number): string {
  let raised = 0 // how far the pen stands below the baseline
  return runs.map(({ text, level }) => {
    const target = level === 'sub' ? 0.2 * size : level === 'sup' ? -0.36 * size : 0
    const dy = target - raised
    raised = target
    return element('tspan', {
      dy: dy === 0 ? undefined : dy,
      'font-size': level === 'base' ? undefined : smallType * size,
    }, escapeXml(text))
  }).join('')
}

/** Several lines below each other; `y` is the top of the block. */
export function textBlock(x: number, y: number, lines: readonly string[], style: TextStyle): string {
  const step = style.size * theme.leading
  return lines.map((line, index) => textLine(x, y + (index + 0.5) * step + 0.36 * style.size, line, style)).join('')
}
