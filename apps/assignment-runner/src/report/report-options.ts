import { Command } from 'commander'
import { commandName } from '../command-name'
import { readFolder } from '../option-values'
import { onceAmong, readWordsBehind } from '../read-words'

/** The word that asks for it, in front of all options. */
export const reportCommand = 'report'

/** `report`, checked and with its defaults filled in. */
export interface ReportOptions {
  /** Folder of a run's outputs. @defaultValue 'outputs' */
  readonly out: string
}

const flags = ['--out', '--help']
const once = onceAmong(flags)

/**
 * Reads what stands behind `report`.
 *
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readReport(argv: readonly string[]): { readonly kind: 'report'; readonly options: ReportOptions } | { readonly kind: 'print'; readonly text: string } {
  const command = new Command(`${commandName} report`)
    .description('Writes OUT/report.html anew from the outputs of a run: one file that holds figures, texts and numbers of every part.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
    .option('--out <DIR>', 'folder of the run (default: outputs)', once('--out', readFolder))
  const words = readWordsBehind<ReportOptions>(reportCommand, command, argv, flags)
  if (words.kind === 'print') return words
  return { kind: 'report', options: { out: words.given.out ?? 'outputs' } }
}
