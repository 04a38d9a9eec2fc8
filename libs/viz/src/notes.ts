import type { Box } from './panel-axes'
import { element } from './svg'
import { linesHeight, textBlock, textWidth, wrapText } from './text'
import { theme } from './theme'

/** Short statements set as text, such as the numbers that a figure shows: one cell of a {@link figure}. */
export interface Notes {
  /** Tells it from the other cells of a figure. */
  readonly kind: 'notes'
  /** From top to bottom. */
  readonly entries: readonly NoteEntry[]
}

/** A name and what it is, both as text. */
export interface NoteEntry {
  /** What is stated, set in grey. */
  readonly name: string
  /** The statement, set in bold: numbers come already rounded and with their unit. */
  readonly value: string
}

const nameStyle = { size: theme.size.note, fill: theme.softInk }
const valueStyle = { size: theme.size.note, fill: theme.ink, weight: 600 as const }
const columnGap = 14
const rowGap = 3

/**
 * A cell of names and values, in two columns where both fit the cell's width and below each other where not.
 *
 * @returns the cell, for a row of {@link figure}.
 */
export function notes(entries: readonly NoteEntry[]): Notes {
  return Object.freeze({ kind: 'notes' as const, entries })
}

interface NotesLayout { readonly height: number; readonly svg: string }

/** Sets the notes from the top left corner of a box. */
export function layoutNotes({ entries }: Notes, { left, top, width }: Pick<Box, 'left' | 'top' | 'width'>): NotesLayout {
  const nameWidth = Math.max(0, ...entries.map(({ name }) => textWidth(name, nameStyle)))
  const valueWidth = Math.max(0, ...entries.map(({ value }) => textWidth(value, valueStyle)))
  const beside = nameWidth + columnGap + valueWidth <= width
  let y = top
  const parts = entries.map(({ name, value }) => {
    const names = wrapText(name, nameStyle, width)
    const values = wrapText(value, valueStyle, beside ? width - nameWidth - columnGap : width)
    const nameHeight = linesHeight(names.length, nameStyle)
    const valueTop = beside ? y : y + nameHeight
    const svg = textBlock(left, y, names, nameStyle)
      + textBlock(beside ? left + nameWidth + columnGap : left, valueTop, values, valueStyle)
    const valueHeight = linesHeight(values.length, valueStyle)
    y += (beside ? Math.max(nameHeight, valueHeight) : nameHeight + valueHeight) + rowGap
    return svg
  })
  return { height: Math.max(0, y - top - rowGap), svg: element('g', { class: 'notes' }, parts.join('')) }
}
