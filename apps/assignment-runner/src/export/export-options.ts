import { Command } from 'commander'
import { commandName } from '../command-name'
import { UsageError } from '../errors'
import { readFile, readFolder, readParts } from '../option-values'
import { onceAmong, readWordsBehind } from '../read-words'

/** The word that asks for it, in front of all options. */
export const exportCommand = 'export'
/** The parts that train a network of images: 2 and 3 a score network, 4 a classifier of noisy images. */
export const modelParts = [2, 3, 4] as const
/** Number of such a part. */
export type ModelPart = (typeof modelParts)[number]

/** `export`, checked and with its defaults filled in. */
export interface ExportOptions {
  /** Folder of a run's outputs. @defaultValue 'outputs' */
  readonly out: string
  /** Parts whose networks are written, ascending. `undefined` where none was given: all that are there. */
  readonly parts: readonly ModelPart[] | undefined
  /** The file to write. `undefined` where none was given: one beside each network. */
  readonly to: string | undefined
}

/** How an option of `export` is written on the command line. */
export const exportFlagOf = { out: '--out', parts: '--parts', to: '--to' } as const satisfies Record<keyof ExportOptions, string>

const flags = [...Object.values(exportFlagOf), '--help']
const once = onceAmong(flags)

/**
 * Reads what stands behind `export`.
 *
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readExport(argv: readonly string[]): { readonly kind: 'export'; readonly options: ExportOptions } | { readonly kind: 'print'; readonly text: string } {
  const command = describe()
  const words = readWordsBehind<ExportOptions>(exportCommand, command, argv, flags)
  if (words.kind === 'print') return words
  const { out = 'outputs', parts, to } = words.given
  if (to !== undefined && parts !== undefined && parts.length > 1) {
    throw new UsageError(`--to names one file; got --parts ${parts.join(',')}. Name one part, or leave --to out.`)
  }
  return { kind: 'export', options: { out, parts, to } }
}

function describe(): Command {
  const which = { known: modelParts, existing: modelParts }
  return new Command(`${commandName} export`)
    .description('Writes the networks that a run trained on images as ONNX files, for onnxruntime in any language.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
    .option('--out <DIR>', 'folder of the run (default: outputs)', once('--out', readFolder))
    .option(
      '--parts <LIST>',
      `parts whose networks are written, out of ${modelParts.join(', ')} (default: all that are there)`,
      once('--parts', (flag, text) => readParts(flag, text, which)),
    )
    .option('--to <FILE>', 'the file, where one network is written (default: beside the network, as .onnx)', once('--to', readFile))
    .addHelpText('after', helpEnd)
}

const helpEnd = `
A file has two inputs, x (batch, height, width, channels) and t (batch). That of a
score network (parts 2 and 3) has two outputs of the shape of x: noise, what the
network says, and score, which follows from it; that of the classifier (part 4)
has logits and logProbabilities (batch, classes). The metadata say which data, SDE
and training made the network.`
