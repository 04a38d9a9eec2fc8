import { limitText, shortNumber } from './bar'
import type { PartEntry } from './manifest'
import { durationText } from './pace'
import { capitalised, partName } from './part-id'

/** A part's result as the end of a run shows it. */
export interface PartOutcome {
  readonly entry: PartEntry
  /** Whether this run did the part, or found it done. */
  readonly by: 'this run' | 'an earlier run'
}

/** The table of all bars, then the time of each part and where the outputs lie. */
export function summaryOf(outcomes: readonly PartOutcome[], out: string): string {
  const rows = outcomes.flatMap(({ entry }) =>
    entry.bars.map(({ name, value, limit, pass }) => {
      return [partName(entry.part), name, shortNumber(value), limitText(limit), pass ? 'met' : 'MISSED']
    }),
  )
  const missed = missedBars(outcomes)
  const lines = outcomes.map(({ entry: { part, title, seconds }, by }) => {
    return `${capitalised(partName(part))}, ${title}: ${durationText(seconds)}${by === 'this run' ? '' : ' (done by an earlier run)'}`
  })
  const verdict = missed === 0 ? `All ${rows.length} bars met.` : `${missed} of ${rows.length} bars MISSED.`
  const table = rows.length === 0 ? [] : ['', ...aligned([['', 'bar', 'value', 'limit', ''], ...rows]), '', verdict]
  return [...table, '', ...lines, `Outputs: ${out}`].join('\n')
}

/** How many bars were missed. */
export const missedBars = (outcomes: readonly PartOutcome[]): number =>
  outcomes.flatMap(({ entry }) => entry.bars).filter(({ pass }) => !pass).length

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widthOf(column))).join('  ').trimEnd())
}
