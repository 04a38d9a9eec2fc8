import { join } from 'node:path'
import { durationText } from '../pace'
import { capitalised, isPartNumber, partFolder, partName } from '../part-id'
import { barsTable } from './bars-table'
import { formulaStyle } from './formula-style'
import { manifestSection } from './manifest-section'
import { renderMarkdown } from './markdown'
import { method, reasons } from './method'
import { pageStyle } from './page-style'
import { pictureUri } from './picture'
import type { PartOutputs, RunOutputs } from './run-outputs'
import { escaped } from './text'

const title = 'Score-based generative modelling: the assignment'

/** The whole report of a run as one HTML document, which loads nothing and runs nothing. */
export function reportPage({ out, manifest, parts }: RunOutputs): string {
  const entries = parts.map(({ entry }) => entry)
  const sections = [
    { id: 'bars', name: 'What was promised, and what was met', short: 'Bars', html: barsTable(entries) },
    { id: 'method', name: 'How it is built, and why so', short: 'Method', html: renderMarkdown(method, { idPrefix: 'method' }) },
  ]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'">
<link rel="icon" href="data:,">
<title>${title}</title>
<style>${formulaStyle()}${pageStyle}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="facts">${escaped(facts(manifest))}</p>
${overview(parts)}
</header>
<nav aria-label="Contents"><ul>
${[...sections.map(({ id, short }) => [id, short]), ...entries.map(({ part }) => [partFolder(part), capitalised(partName(part))]), ['manifest', 'Manifest']].map(([id, name]) => `<li><a href="#${id}">${name}</a></li>`).join('\n')}
</ul></nav>
<main>
${sections.map(({ id, name, html }) => `<section id="${id}">\n<h2>${name}</h2>\n${html}\n</section>`).join('\n')}
${parts.map((part) => partSection(part, out)).join('\n')}
<section id="manifest">
<h2>The manifest</h2>
<p>What made these outputs. The same facts stand in <code>manifest.json</code> beside this file.</p>
${manifestSection(manifest)}
</section>
</main>
<footer><p>Written by sbgm-assignment from the files of its outputs. This file holds all that it shows; <code>partN/</code> beside it has the figures as files, the numbers and the networks.</p></footer>
</body>
</html>
`
}

/** Who, on what and how, in one line. */
function facts({ configuration, data, seed, engine }: RunOutputs['manifest']): string {
  const read = (record: unknown, key: string) => (typeof record === 'object' && record !== null ? (record as Record<string, unknown>)[key] : undefined)
  const said = [
    ['student', read(configuration, 'studentId')],
    ['profile', read(configuration, 'profile')],
    ['images', read(data, 'name')],
    ['seed', seed],
    ['engine', read(engine, 'engine')],
  ]
  return said.filter(([, value]) => value !== undefined && value !== null).map(([name, value]) => `${String(name)} ${String(value)}`).join(' · ')
}

function overview(parts: readonly PartOutputs[]): string {
  const rows = parts.map(({ entry: { part, title: name, status, seconds, bars } }) => {
    const met = bars.filter(({ pass }) => pass).length
    return `<tr><td><a href="#${partFolder(part)}">${part}</a></td><td>${escaped(name)}</td><td>${status}</td><td class="number">${durationText(seconds)}</td><td class="number">${bars.length === 0 ? 'none' : `${met} of ${bars.length}`}</td></tr>`
  })
  return `<div class="scroll" role="region" aria-label="Parts" tabindex="0"><table><thead><tr><th>part</th><th>what</th><th>state</th><th class="number">took</th><th class="number">bars met</th></tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>`
}

function partSection({ entry: { part, title: name, status }, text, pictures, changed }: PartOutputs, out: string): string {
  const id = partFolder(part)
  const folder = join(out, id)
  const notes = [
    ...(status === 'complete' ? [] : [`This part is marked ${status}: what follows is what it had finished.`]),
    ...(changed.length === 0 ? [] : [`Missing, or changed since the run wrote them: ${changed.join(', ')}.`]),
  ]
  const shown = text ?? `# ${capitalised(partName(part))}: ${name}\n`
  const others = pictures.filter((picture) => !shown.includes(`](${picture})`))
  const rest = others.length === 0 ? '' : `\n\n## Other figures\n\n${others.map((picture) => `![${picture}](${picture})`).join('\n\n')}\n`
  const html = renderMarkdown(`${withReasons(shown, isPartNumber(part) ? reasons[part] : undefined)}${rest}`, { idPrefix: id, pictureOf: (picture) => pictureUri(folder, picture) })
  const [heading, ...body] = html.split(/(?<=<\/h2>\n)/)
  return `<section id="${id}">
${heading}${notes.map((note) => `<p class="note">${escaped(note)}</p>\n`).join('')}${body.join('')}
</section>`
}

/** Puts why the part is done so behind its first paragraph. */
function withReasons(text: string, why: string | undefined): string {
  if (why === undefined) return text
  const end = text.split('\n\n', 2).join('\n\n').length
  return `${text.slice(0, end)}\n\n${why}${text.slice(end)}`
}
