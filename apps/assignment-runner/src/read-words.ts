import { CommanderError, type Command } from 'commander'
import { oneLine, UsageError } from './errors'
import { nearestName } from './nearest-name'

/** What a command line gave: options, or a text to print (`--help`, `--version`). */
export type Words<Options> =
  | { readonly kind: 'given'; readonly given: Partial<Options> }
  | { readonly kind: 'print'; readonly text: string }

/**
 * Reads the words of a command line as a command describes them.
 *
 * @param argv - the arguments alone, without node and script.
 * @param flags - every option of the command as it is written.
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readWords<Options>(command: Command, argv: readonly string[], flags: readonly string[]): Words<Options> {
  let text = ''
  command
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({ writeOut: (written) => (text += written), writeErr: () => undefined })
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text }
    throw usageError(error, flags)
  }
  return { kind: 'given', given: command.opts() }
}

/**
 * Reads the words behind a command that takes options alone.
 *
 * @throws {UsageError} as {@link readWords}, and for a word that is neither an option nor its value.
 */
export function readWordsBehind<Options>(word: string, command: Command, argv: readonly string[], flags: readonly string[]): Words<Options> {
  const words = readWords<Options>(command, argv, flags)
  const [stray] = command.args
  if (words.kind === 'given' && stray !== undefined) throw new UsageError(`every word behind ${word} must be an option or its value; got '${stray}'. See ${word} --help.`)
  return words
}

/** Reads an option's value; refuses a second one, and an option's name in place of a value. */
export const onceAmong = (flags: readonly string[]) => <Value>(flag: string, read: (flag: string, text: string) => Value) =>
  (text: string, previous: Value | undefined): Value => {
    if (flags.includes(text)) throw new UsageError(`${flag} needs a value; got the option ${text} in its place.`)
    if (previous !== undefined) throw new UsageError(`${flag} must be given once; got it again with '${text}'.`)
    return read(flag, text)
  }

function usageError(error: CommanderError, flags: readonly string[]): UsageError {
  const [, quoted = ''] = /'([^']*)'/.exec(error.message) ?? []
  switch (error.code) {
    case 'commander.unknownOption': {
      const [flag = ''] = quoted.split('=')
      return new UsageError(`unknown option ${flag}. Nearest: ${nearestName(flag, flags)}. See --help for all of them.`)
    }
    case 'commander.optionMissingArgument':
      return new UsageError(`${quoted.split(' ')[0] ?? quoted} needs a value: ${quoted}.`)
    default:
      return new UsageError(oneLine(error).replace(/^error: /, ''))
  }
}
