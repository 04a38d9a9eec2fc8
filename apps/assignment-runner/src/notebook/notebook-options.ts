import { Command } from 'commander'
import { commandName } from '../command-name'
import { readFolder } from '../option-values'
import { onceAmong, readWordsBehind } from '../read-words'

/** The word that asks for it, in front of all options. */
export const notebookCommand = 'notebook'

/** `notebook`, checked and with its defaults filled in. */
export interface NotebookOptions {
  /** Folder of a run's outputs. @defaultValue 'outputs' */
  readonly out: string
  /** Folder that holds the data sets. `undefined` where none was given: `SBGM_DATA_DIR`, the cache, or a download. */
  readonly dataDir: string | undefined
}

const flags = ['--out', '--data-dir', '--help']
const once = onceAmong(flags)

/**
 * Reads what stands behind `notebook`.
 *
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readNotebook(argv: readonly string[]): { readonly kind: 'notebook'; readonly options: NotebookOptions } | { readonly kind: 'print'; readonly text: string } {
  const command = new Command(`${commandName} notebook`)
    .description('Runs OUT/notebook.ipynb, which every run writes, by Jupyter and Deno, and keeps its outputs in it; says how to get them where they are missing.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
    .option('--out <DIR>', 'folder of the run (default: outputs)', once('--out', readFolder))
    .option('--data-dir <DIR>', 'folder that holds the data sets; it must exist', once('--data-dir', readFolder))
  const words = readWordsBehind<NotebookOptions>(notebookCommand, command, argv, flags)
  if (words.kind === 'print') return words
  const { out = 'outputs', dataDir } = words.given
  return { kind: 'notebook', options: { out, dataDir } }
}
