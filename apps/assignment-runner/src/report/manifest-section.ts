import { escaped } from './text'

/** The manifest as lists of names and values, its files as tables to open. */
export function manifestSection({ parts, judges, ...rest }: Readonly<Record<string, unknown>>): string {
  const folders = [...records(parts).map((entry) => [typeof entry['part'] === 'number' ? `part ${entry['part']}` : String(entry['part']), entry['files']] as const), ['judges', judges] as const]
  return `${definitions(rest)}
${folders.map(([name, files]) => filesOf(name, records(files))).join('\n')}`
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
const records = (value: unknown) => (Array.isArray(value) ? value.filter(isRecord) : [])

const definitions = (record: Readonly<Record<string, unknown>>): string =>
  `<dl>${Object.entries(record).map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${valueOf(value)}</dd></div>`).join('')}</dl>`

function valueOf(value: unknown): string {
  if (isRecord(value)) return definitions(value)
  if (Array.isArray(value)) return escaped(value.map(String).join(', '))
  return value === null ? '<span class="none">none</span>' : escaped(String(value))
}

function filesOf(name: string, files: readonly Readonly<Record<string, unknown>>[]): string {
  if (files.length === 0) return ''
  const rows = files.map(({ path, bytes, sha256 }) => `<tr><td>${escaped(String(path))}</td><td class="number">${Number(bytes).toLocaleString('en-US')}</td><td><code>${escaped(String(sha256))}</code></td></tr>`)
  return `<details><summary>${files.length} files of ${escaped(name)}</summary><div class="scroll" role="region" aria-label="Files of ${escaped(name)}" tabindex="0"><table><thead><tr><th>file</th><th class="number">bytes</th><th>sha256</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div></details>`
}
