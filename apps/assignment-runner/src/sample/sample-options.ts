import { Command } from 'commander'
import { commandName } from '../command-name'
import { UsageError } from '../errors'
import { checkSteps, samplerNames, type SamplerName } from '../images/sampler-choice'
import { readChoice, readCount, readFile, readFolder, readSeed, readSteps } from '../option-values'
import { engineChoices, mostThreads, type RunOptions } from '../options'
import { onceAmong, readWordsBehind } from '../read-words'
import { readSoftwareAdapter, softwareAdapterFlag, softwareAdapterWords } from '../software-adapter'
import { readShard, wholeRun, type Shard } from './shard'

/** The word that asks for it, in front of all options. */
export const sampleCommand = 'sample'

/** `sample`, checked and with its defaults filled in. */
export interface SampleOptions {
  /** The score network's file, as part 2 or 3 of a run writes it. */
  readonly checkpoint: string
  /** Images of the whole run, whatever the shard. */
  readonly count: number
  /** Folder of the images. */
  readonly out: string
  /** Which of them to make. @defaultValue all */
  readonly shard: Shard
  /** Key of all noise. @defaultValue 0 */
  readonly seed: number
  /** The sampler. `undefined` where none was given: that of the part that trained the network. */
  readonly sampler: SamplerName | undefined
  /** Number of steps. `undefined` where none was given: as many as suit the sampler. */
  readonly steps: number | undefined
  /** @defaultValue 'auto' */
  readonly engine: RunOptions['engine']
  /** Whether `webgpu` may compute on the processor. @defaultValue false */
  readonly allowSoftwareAdapter: boolean
  /** Threads of onnxruntime. `undefined` where none was given: one for each core. */
  readonly threads: number | undefined
}

/** How an option of `sample` is written on the command line. */
export const sampleFlagOf = {
  checkpoint: '--checkpoint',
  count: '--count',
  out: '--out',
  shard: '--shard',
  seed: '--seed',
  sampler: '--sampler',
  steps: '--steps',
  engine: '--engine',
  allowSoftwareAdapter: softwareAdapterFlag,
  threads: '--threads',
} as const satisfies Record<keyof SampleOptions, string>

const flags = [...Object.values(sampleFlagOf), '--help']
const once = onceAmong(flags)
const mostImages = 1_000_000_000

/**
 * Reads what stands behind `sample`.
 *
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readSample(argv: readonly string[]): { readonly kind: 'sample'; readonly options: SampleOptions } | { readonly kind: 'print'; readonly text: string } {
  const command = describe()
  const words = readWordsBehind<SampleOptions>(sampleCommand, command, argv, flags)
  if (words.kind === 'print') return words
  const { checkpoint, count, out, shard = wholeRun, seed = 0, sampler, steps, engine = 'auto', threads } = words.given
  if (checkpoint === undefined) throw new UsageError('--checkpoint must be given: the score-model.safetensors of part 2 or 3 of a run.')
  if (count === undefined) throw new UsageError('--count must be given: the number of images, of all shards together.')
  if (out === undefined) throw new UsageError('--out must be given: the folder of the images.')
  checkSteps({ sampler, steps })
  const allowSoftwareAdapter = readSoftwareAdapter(words.given)
  return { kind: 'sample', options: { checkpoint, count, out, shard, seed, sampler, steps, engine, allowSoftwareAdapter, threads } }
}

const describe = (): Command =>
  new Command(`${commandName} sample`)
    .description('Draws images from a score network that a run trained; also in shards, on as many machines as there are.')
    .helpOption('-h, --help', 'print this text')
    .allowExcessArguments(true)
    .option('--checkpoint <FILE>', 'score-model.safetensors of part 2 or 3 of a run', once('--checkpoint', readFile))
    .option('--count <N>', 'number of images, of all shards together', once('--count', readCount(mostImages)))
    .option('--out <DIR>', 'folder of the images; made if missing', once('--out', readFolder))
    .option('--shard <i/n>', 'which of n shards to make, i from 0 to n - 1 (default: 0/1, all of it)', once('--shard', readShard))
    .option('--seed <N>', 'key of all noise, 0 to 2^53 - 1 (default: 0)', once('--seed', readSeed))
    .option(
      '--sampler <NAME>',
      `the sampler: ${samplerNames.join(', ')} (default: that of the part which trained the network)`,
      once('--sampler', (flag, text) => readChoice(flag, text, samplerNames)),
    )
    .option('--steps <N>', 'number of steps (default: as many as suit the sampler)', once('--steps', readSteps))
    .option(
      '--engine <NAME>',
      `what computes: ${engineChoices.join(', ')} (default: auto)`,
      once('--engine', (flag, text) => readChoice(flag, text, engineChoices)),
    )
    .option(softwareAdapterFlag, softwareAdapterWords)
    .option('--threads <N>', 'threads of the engine onnx (default: one for each core); the same in all shards', once('--threads', readCount(mostThreads)))
    .addHelpText('after', helpEnd)

const helpEnd = `
Image k is a function of checkpoint, seed, sampler, steps and k: n shards give the
images of one run, byte for byte on the same engine, versions, threads and CPU type.

DIR/images/00000k.png is image k, DIR/states/00000k.safetensors its numbers as the
sampler left them, DIR/shard-i-of-n.json what made them, with the sha256 of each file.
What is there and whole is kept: the same command goes on where it was stopped.`
