import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { glyphs, regularAdvances, semiboldAdvances } from './advance-widths'
import { textWidth } from './text'

const codes = (from: number, to: number): string => String.fromCodePoint(...Array.from({ length: to - from + 1 }, (_, i) => from + i))
const alphabet = [
  codes(0x20, 0x7e), codes(0xa0, 0xac), codes(0xae, 0xff), 'ᾱ', 'ΓΔΘΛΞΠΣΦΨΩ', codes(0x3b1, 0x3c9), '₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₒₓₕₖₗₘₙₚₛₜᵢⱼ', '⁰⁴⁵⁶⁷⁸⁹⁺⁻ⁿᵀ',
  '√∇∂∫∑∏∞≈≤≥≠∈∼ℝ⟨⟩‖−′←→↑↓⇒●○–—‘’“”…‰',
].join('')

/** Reads what the layout needs of a TrueType file: which glyph a character has (cmap format 4 or 12) and how wide it is (hmtx). */
function advanceReader(file: string): (character: string) => number | undefined {
  const data = readFileSync(new URL(`../fonts/${file}`, import.meta.url))
  const tables = new Map<string, number>()
  for (let i = 0; i < data.readUInt16BE(4); i++) {
    tables.set(data.toString('latin1', 12 + 16 * i, 16 + 16 * i), data.readUInt32BE(20 + 16 * i))
  }
  const [head, hhea, hmtx, cmap] = ['head', 'hhea', 'hmtx', 'cmap'].map((name) => tables.get(name)!) as [number, number, number, number]
  const unitsPerEm = data.readUInt16BE(head + 18)
  const metrics = data.readUInt16BE(hhea + 34)
  const glyphOf = new Map<number, number>()
  for (let i = 0; i < data.readUInt16BE(cmap + 2); i++) {
    const table = cmap + data.readUInt32BE(cmap + 8 + 8 * i)
    if (data.readUInt16BE(table) !== 4) continue
    const segments = data.readUInt16BE(table + 6) / 2
    for (let s = 0; s < segments; s++) {
      const [end, start] = [data.readUInt16BE(table + 14 + 2 * s), data.readUInt16BE(table + 16 + 2 * (segments + s))]
      const delta = data.readUInt16BE(table + 16 + 2 * (2 * segments + s))
      const rangeAt = table + 16 + 2 * (3 * segments + s)
      const range = data.readUInt16BE(rangeAt)
      for (let code = start; code <= end && code < 0xffff; code++) {
        const raw = range === 0 ? code : data.readUInt16BE(rangeAt + range + 2 * (code - start))
        if (range === 0 || raw !== 0) glyphOf.set(code, (raw + delta) & 0xffff)
      }
    }
  }
  return (character) => {
    const glyph = glyphOf.get(character.codePointAt(0)!)
    return glyph ? (1000 * data.readUInt16BE(hmtx + 4 * Math.min(glyph, metrics - 1))) / unitsPerEm : undefined
  }
}

const fallback = advanceReader('DejaVuSans-Symbols.ttf')
const own: Readonly<Record<string, (character: string) => number | undefined>> = {
  'Inter-Regular.ttf': advanceReader('Inter-Regular.ttf'), 'Inter-SemiBold.ttf': advanceReader('Inter-SemiBold.ttf'),
}
function widthsIn(file: string): number[] {
  return [...alphabet].map((character) => Math.round(own[file](character) ?? fallback(character) ?? NaN))
}

describe('advance widths', () => {
  it('are those of the packaged fonts, and every character of the alphabet has a glyph in one of them', async () => {
    const [regular, semibold] = [widthsIn('Inter-Regular.ttf'), widthsIn('Inter-SemiBold.ttf')]
    expect([...regular, ...semibold].filter(Number.isNaN)).toEqual([])
    const rows = (widths: number[]): string => widths.join(',').replace(/(?:\d+,){24}/g, '$&\n  ').replaceAll(',', ', ').replace(/ +\n/g, '\n')
    const literal = JSON.stringify(alphabet).replaceAll("'", "\\'").replaceAll('\\"', '"').replace(/^"|"$/g, "'")
    await expect([
      '// Generated from the files in fonts/ by advance-widths.test.ts; `vitest -u` writes it anew.',
      '/** The characters whose widths are known: Latin, Greek, sub- and superscripts, mathematical signs. */',
      `export const glyphs = ${literal}`,
      '/** Advance widths of Inter Regular in thousandths of the font size, in the order of `glyphs`. */',
      `export const regularAdvances: readonly number[] = [\n  ${rows(regular)},\n]`,
      '/** Advance widths of Inter SemiBold in thousandths of the font size, in the order of `glyphs`. */',
      `export const semiboldAdvances: readonly number[] = [\n  ${rows(semibold)},\n]`,
      '',
    ].join('\n')).toMatchFileSnapshot('./advance-widths.ts')
    expect(glyphs).toBe(alphabet)
    expect(regularAdvances).toEqual(regular)
    expect(semiboldAdvances).toEqual(semibold)
  })

  it('belong to a symbol font without any letter, so that a renderer takes single signs from it and never a whole line', () => {
    expect([...codes(0x20, 0x7e)].filter((character) => character !== ' ' && fallback(character) !== undefined)).toEqual([])
    expect(fallback('∇')).toBeGreaterThan(0)
  })

  it('make bold text wider than regular text and a subscript narrower than the letter on the line', () => {
    expect(textWidth('density', { size: 12, weight: 600 })).toBeGreaterThan(textWidth('density', { size: 12 }))
    expect(textWidth('s_{θ}', { size: 12 })).toBeLessThan(textWidth('sθ', { size: 12 }))
  })
})
