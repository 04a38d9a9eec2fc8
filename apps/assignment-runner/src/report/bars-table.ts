import { limitText, shortNumber } from '../bar'
import type { PartEntry } from '../manifest'
import { partFolder } from '../part-id'
import { escaped, minus, typesetLetters } from './text'

/** The bars of all parts with what was measured, and whether each was met. */
export function barsTable(parts: readonly PartEntry[]): string {
  const bars = parts.flatMap(({ part, bars: own }) => own.map((bar) => ({ part, ...bar })))
  if (bars.length === 0) return '<p>No part of this run has bars.</p>'
  const missed = bars.filter(({ pass }) => !pass).length
  const rows = bars.map(({ part, name, value, limit, pass }) => `<tr class="${pass ? 'met' : 'missed'}"><td><a href="#${partFolder(part)}">${part}</a></td><td>${typesetLetters(escaped(name))}</td><td class="number">${minus(shortNumber(value))}</td><td class="number">${minus(limitText(limit))}</td><td><span class="verdict">${pass ? 'met' : 'missed'}</span></td></tr>`)
  return `<p>${missed === 0 ? `All ${bars.length} bars are met.` : `${bars.length - missed} of ${bars.length} bars are met, ${missed} ${missed === 1 ? 'is' : 'are'} missed.`}</p>
<div class="scroll" role="region" aria-label="Bars" tabindex="0"><table class="bars"><thead><tr><th>part</th><th>bar</th><th class="number">measured</th><th class="number">limit</th><th></th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`
}
