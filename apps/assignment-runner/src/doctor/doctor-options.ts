import { Command } from 'commander'
import { commandName } from '../command-name'
import { readWordsBehind } from '../read-words'

/** The word that asks for it, in front of all options. */
export const doctorCommand = 'doctor'

/**
 * Reads what stands behind `doctor`: nothing but `--help`.
 *
 * @throws {UsageError} one line that names the word, and the rule.
 */
export function readDoctor(argv: readonly string[]): { readonly kind: 'doctor' } | { readonly kind: 'print'; readonly text: string } {
  const command = new Command(`${commandName} doctor`)
    .description('Says which engines there are on this machine, which of them a run would use and why, and how to get the others.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
  const words = readWordsBehind(doctorCommand, command, argv, ['--help'])
  return words.kind === 'print' ? words : { kind: 'doctor' }
}
