import { Command } from 'commander'
import { commandName } from '../command-name'
import { UsageError } from '../errors'
import { readCount, readChoice, readFile, readFolder, readPositive, readSeed } from '../option-values'
import { engineChoices, mostThreads, type RunOptions } from '../options'
import { onceAmong, readWordsBehind } from '../read-words'
import { readSoftwareAdapter, softwareAdapterFlag, softwareAdapterWords } from '../software-adapter'

/** The word that asks for it, in front of all options. */
export const likelihoodCommand = 'likelihood'

/** `likelihood`, checked and with its defaults filled in. */
export interface LikelihoodOptions {
  /** The score network's file, as part 2 or 3 of a run writes it. */
  readonly checkpoint: string
  /** Test images, drawn without repetition. @defaultValue 256 */
  readonly count: number
  /** Folder that holds the data sets. `undefined` where none was given. */
  readonly dataDir: string | undefined
  /** The time at which the flow begins and the density is taken, in units of the SDE's time; of part 2's chain at least its own first. @defaultValue 1e-5, the earliest that part 3 is trained on */
  readonly firstTime: number
  /** Error that a step of the solver may make, absolute and relative. @defaultValue 1e-4 */
  readonly tolerance: number
  /** Vectors that an image's divergence is estimated with. @defaultValue 1 */
  readonly probes: number
  /** Key of images, dequantisation and probes. @defaultValue 0 */
  readonly seed: number
  /** @defaultValue 'auto' */
  readonly engine: RunOptions['engine']
  /** Whether `webgpu` may compute on the processor. @defaultValue false */
  readonly allowSoftwareAdapter: boolean
  /** Threads of onnxruntime. `undefined` where none was given: one for each core. */
  readonly threads: number | undefined
  /** A file for the result as JSON. `undefined` where none was given. */
  readonly to: string | undefined
}

/** How an option of `likelihood` is written on the command line. */
export const likelihoodFlagOf = {
  checkpoint: '--checkpoint',
  count: '--count',
  dataDir: '--data-dir',
  firstTime: '--first-time',
  tolerance: '--tolerance',
  probes: '--probes',
  seed: '--seed',
  engine: '--engine',
  allowSoftwareAdapter: softwareAdapterFlag,
  threads: '--threads',
  to: '--to',
} as const satisfies Record<keyof LikelihoodOptions, string>

const flags = [...Object.values(likelihoodFlagOf), '--help']
const once = onceAmong(flags)
const [mostImages, mostProbes] = [1_000_000, 1000]
/** The finest tolerance that the states' float32 can show, as the solver has it. */
const finest = 1e-6

/**
 * Reads what stands behind `likelihood`.
 *
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readLikelihood(argv: readonly string[]): { readonly kind: 'likelihood'; readonly options: LikelihoodOptions } | { readonly kind: 'print'; readonly text: string } {
  const command = describe()
  const words = readWordsBehind<LikelihoodOptions>(likelihoodCommand, command, argv, flags)
  if (words.kind === 'print') return words
  const { checkpoint, count = 256, dataDir, firstTime = 1e-5, tolerance = 1e-4, probes = 1, seed = 0, engine = 'auto', threads, to } = words.given
  if (checkpoint === undefined) throw new UsageError('--checkpoint must be given: the score-model.safetensors of part 2 or 3 of a run.')
  const allowSoftwareAdapter = readSoftwareAdapter(words.given)
  return { kind: 'likelihood', options: { checkpoint, count, dataDir, firstTime, tolerance, probes, seed, engine, allowSoftwareAdapter, threads, to } }
}

const describe = (): Command =>
  new Command(`${commandName} likelihood`)
    .description('Measures bits per dimension of test images under a score network that a run trained.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
    .option('--checkpoint <FILE>', 'score-model.safetensors of part 2 or 3 of a run', once('--checkpoint', readFile))
    .option('--count <N>', 'test images, drawn without repetition (default: 256)', once('--count', readCount(mostImages)))
    .option('--data-dir <DIR>', "folder that holds the network's data set; it must exist", once('--data-dir', readFolder))
    .option('--first-time <T>', 'time at which the flow begins and the density is taken (default: 0.00001)', once('--first-time', readPositive({ least: 1e-5, most: 0.1 })))
    .option('--tolerance <E>', 'error that a step of the solver may make, absolute and relative (default: 0.0001)', once('--tolerance', readPositive({ least: finest, most: 0.1 })))
    .option('--probes <N>', "vectors that an image's divergence is estimated with; 2 or more give their error (default: 1)", once('--probes', readCount(mostProbes)))
    .option('--seed <N>', 'key of images, dequantisation and probes, 0 to 2^53 - 1 (default: 0)', once('--seed', readSeed))
    .option(
      '--engine <NAME>',
      `what computes: ${engineChoices.join(', ')} (default: auto)`,
      once('--engine', (flag, text) => readChoice(flag, text, engineChoices)),
    )
    .option(softwareAdapterFlag, softwareAdapterWords)
    .option('--threads <N>', 'threads of the engine onnx (default: one for each core)', once('--threads', readCount(mostThreads)))
    .option('--to <FILE>', 'a file for the result as JSON, each image with its terms', once('--to', readFile))
    .addHelpText('after', helpEnd)

const helpEnd = `
The images are the data set's test images, their bytes made continuous by uniform
noise in cells of 2/255 around the pixels that the network has learned from. Their
density is that of the probability flow: exact but for the solver's steps and, in
its mean over the probes, the divergence's estimate (Skilling and Hutchinson).`
