import { sha256Of } from '../file-record'
import { plainJson } from '../plain-json'
import type { NotebookCell } from './notebook-cells'

/** A notebook as its file holds it, as far as this program looks. @see nbformat 4.5 */
export interface NotebookDocument {
  readonly nbformat: number
  readonly nbformat_minor: number
  readonly metadata: Readonly<Record<string, unknown>>
  readonly cells: readonly NotebookDocumentCell[]
}

/** A cell as the file holds it. */
export interface NotebookDocumentCell {
  readonly cell_type: string
  readonly id: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly source: string | readonly string[]
  readonly execution_count?: number | null
  readonly outputs?: readonly NotebookOutput[]
}

/** What a cell showed: printed text, or a picture. */
export interface NotebookOutput {
  readonly output_type: string
  readonly name?: string
  readonly text?: string | readonly string[]
  readonly data?: Readonly<Record<string, unknown>>
}

/**
 * A notebook without outputs for Deno's kernel; the same cells give the same document.
 *
 * @param madeFrom - hash of the cells and of what they read.
 */
export function notebookDocument(cells: readonly NotebookCell[], madeFrom: string): NotebookDocument {
  return {
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'deno', display_name: 'Deno', language: 'typescript' }, language_info: { name: 'typescript', file_extension: '.ts', mimetype: 'text/x.typescript' }, sbgm: { madeFrom } },
    cells: cells.map(({ kind, text }, index) => ({
      cell_type: kind,
      id: sha256Of(`${index} ${text}`).slice(0, 12),
      metadata: {},
      source: lines(text),
      ...(kind === 'code' ? { execution_count: null, outputs: [] } : {}),
    })),
  }
}

/** The document with what Jupyter made of its cells: without times of day, and text that was printed in one go in one piece, however it arrived. */
export function withOutputs(document: NotebookDocument, executed: NotebookDocument): NotebookDocument {
  const madeBy = new Map(executed.cells.map((cell) => [cell.id, cell]))
  return {
    ...document,
    cells: document.cells.map((cell) => {
      const { execution_count, outputs } = madeBy.get(cell.id) ?? {}
      return cell.cell_type === 'code' ? { ...cell, execution_count: execution_count ?? null, outputs: joined(outputs ?? []) } : cell
    }),
  }
}

function joined(outputs: readonly NotebookOutput[]): readonly NotebookOutput[] {
  const all: NotebookOutput[] = []
  for (const output of outputs) {
    const last = all[all.length - 1]
    if (last?.output_type === 'stream' && output.output_type === 'stream' && last.name === output.name) all[all.length - 1] = { ...last, text: lines(textOf(last.text) + textOf(output.text)) }
    else all.push(output)
  }
  return all
}

/** Whether every cell of code has been run. */
export const isExecuted = ({ cells }: NotebookDocument): boolean =>
  cells.every(({ cell_type, execution_count }) => cell_type !== 'code' || typeof execution_count === 'number')

/** Whether as many lines and figures are there as the last cell says. */
export function hasAllOutputs({ cells }: NotebookDocument): boolean {
  const outputs = cells.flatMap((cell) => cell.outputs ?? [])
  const printed = outputs.map(({ text }) => textOf(text)).join('')
  const [, lines, figures] = /^(\d+) lines were printed and (\d+) figures shown before this\.\n$/m.exec(printed) ?? []
  return Number(lines) === printed.split('\n').length - 2 && Number(figures) === outputs.filter(({ data }) => data?.['image/png'] !== undefined).length
}

/** Text that nbformat may hold in lines. */
const textOf = (text: string | readonly string[] = ''): string => (typeof text === 'string' ? text : text.join(''))

const lines = (text: string): readonly string[] => text.split(/(?<=\n)/)

/** The bytes of its file. */
export const notebookText = (document: NotebookDocument): string => plainJson(document)
