import { Command } from 'commander'
import { commandName } from '../command-name'
import { UsageError } from '../errors'
import { readFolder, readStudentId } from '../option-values'
import { onceAmong, readWordsBehind } from '../read-words'

/** The word that asks for it, in front of all options. */
export const packageCommand = 'package'

/** `package`, checked and with its defaults filled in. */
export interface PackageOptions {
  /** Whose work it is: both archives bear it. */
  readonly studentId: string
  /** Folder of the run that is handed in. @defaultValue 'outputs' */
  readonly out: string
  /** Folder that the archives are written to. @defaultValue the folder where the program runs */
  readonly to: string
}

const flags = ['--student-id', '--out', '--to', '--help']
const once = onceAmong(flags)

/**
 * Reads what stands behind `package`.
 *
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readPackage(argv: readonly string[]): { readonly kind: 'package'; readonly options: PackageOptions } | { readonly kind: 'print'; readonly text: string } {
  const command = describe()
  const words = readWordsBehind<PackageOptions>(packageCommand, command, argv, flags)
  if (words.kind === 'print') return words
  const { studentId, out = 'outputs', to = '.' } = words.given
  if (studentId === undefined) throw new UsageError('package needs --student-id: 1 to 32 characters out of A-Z a-z 0-9 _ -; got none.')
  return { kind: 'package', options: { studentId, out, to } }
}

function describe(): Command {
  return new Command(`${commandName} package`)
    .description('Writes what is handed in as two archives: ID-code.zip with all code files and the notebook, ID-visualisations.zip with report, figures and numbers.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
    .option('--student-id <ID>', '1 to 32 characters out of A-Z a-z 0-9 _ -; a leading zero stays', once('--student-id', readStudentId))
    .option('--out <DIR>', 'folder of the run (default: outputs)', once('--out', readFolder))
    .option('--to <DIR>', 'folder for the archives (default: the current one)', once('--to', readFolder))
}
