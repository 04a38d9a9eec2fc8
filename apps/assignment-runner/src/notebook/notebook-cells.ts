import fs from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PartId } from '../part-id'

/** A cell of the notebook. */
export interface NotebookCell {
  readonly kind: 'markdown' | 'code'
  /** Its text, without a newline at the end. */
  readonly text: string
}

/** Beside this file, where sources run; beside the program's folder, where it was built. */
const folder = [new URL('./cells/', import.meta.url), new URL('../src/notebook/cells/', import.meta.url)].map((url) => fileURLToPath(url)).find((path) => fs.existsSync(path)) ?? ''

/**
 * The cells for these parts. They are kept as TypeScript modules, so that the compiler, lint and tests see them: `// %%` begins a cell of
 * code, `// %% [markdown]` one of text. In the notebook, where all cells share what they define, nothing is exported and a module
 * imports nothing of another one.
 */
export function notebookCells(parts: readonly PartId[]): readonly NotebookCell[] {
  const ofImages = parts.filter((part) => part === 2 || part === 3 || part === 4)
  const files = ['setup', ...(parts.includes(1) ? ['part1'] : []), ...(ofImages.length > 0 ? ['images'] : []), ...ofImages.map((part) => `part${part}`), 'end']
  return files.flatMap((file) => cellsOf(fs.readFileSync(join(folder, `${file}.ts`), 'utf8')))
}

function cellsOf(source: string): NotebookCell[] {
  return source.split(/^\/\/ %%/m).slice(1).map((cell) => {
    const [head = '', ...lines] = cell.split('\n')
    const text = lines.join('\n').trim()
    return head.trim() === '[markdown]'
      ? { kind: 'markdown', text: text.replace(/^\/\/ ?/gm, '') }
      : { kind: 'code', text: text.replace(/^import [^'\n]* from '\.\/[^']*'\n/gm, '').replace(/^export /gm, '').trim() }
  })
}

/** The packages that the cells import, by name. */
export function packagesOf(cells: readonly NotebookCell[]): readonly string[] {
  const specifiers = cells.filter(({ kind }) => kind === 'code').flatMap(({ text }) => [...text.matchAll(/^(?:import|\} from)[^'\n]*'([^'.][^']*)'/gm)].map(([, specifier]) => specifier))
  return [...new Set(specifiers.filter((specifier) => !specifier.startsWith('node:')).map((specifier) => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')))].sort()
}
