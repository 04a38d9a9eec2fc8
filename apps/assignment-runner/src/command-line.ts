import { Command } from 'commander'
import { commandName } from './command-name'
import { doctorCommand, readDoctor } from './doctor/doctor-options'
import { UsageError } from './errors'
import { exportCommand, readExport, type ExportOptions } from './export/export-options'
import { checkSteps, samplerNames } from './images/sampler-choice'
import { likelihoodCommand, readLikelihood, type LikelihoodOptions } from './likelihood/likelihood-options'
import { readChoice, readClass, readCount, readFolder, readGammas, readParts, readSeed, readSteps, readStudentId } from './option-values'
import { nearestName } from './nearest-name'
import { datasetChoices, defaultGammas, engineChoices, flagOf, mostThreads, profileChoices, type RunOptions } from './options'
import { notebookCommand, readNotebook, type NotebookOptions } from './notebook/notebook-options'
import { packageCommand, readPackage, type PackageOptions } from './package/package-options'
import { byOrder, isPartNumber, partIds, type PartId } from './part-id'
import { onceAmong, readWords } from './read-words'
import { readReport, reportCommand, type ReportOptions } from './report/report-options'
import { readSample, sampleCommand, type SampleOptions } from './sample/sample-options'
import { readSoftwareAdapter, softwareAdapterFlag, softwareAdapterWords } from './software-adapter'

/** What the command line asks for: a run, models to export, images, their likelihood, a report to write anew, a notebook to run, archives to hand in, what this machine has, or a text to print (`--help`, `--version`). */
export type Request =
  | { readonly kind: 'run'; readonly options: RunOptions }
  | { readonly kind: 'export'; readonly options: ExportOptions }
  | { readonly kind: 'sample'; readonly options: SampleOptions }
  | { readonly kind: 'likelihood'; readonly options: LikelihoodOptions }
  | { readonly kind: 'report'; readonly options: ReportOptions }
  | { readonly kind: 'doctor' }
  | { readonly kind: 'package'; readonly options: PackageOptions }
  | { readonly kind: 'notebook'; readonly options: NotebookOptions }
  | { readonly kind: 'print'; readonly text: string }

/** What the program knows about itself. */
export interface Program {
  readonly version: string
  /** The parts that this version has. */
  readonly parts: readonly PartId[]
}

const commands = [exportCommand, sampleCommand, likelihoodCommand, reportCommand, notebookCommand, packageCommand, doctorCommand]
const flags = [...Object.values(flagOf), '--help', '--version']
const once = onceAmong(flags)

/**
 * Reads the command line. Every rule that needs no look at the disk is checked here.
 *
 * @param argv - the arguments alone, without node and script.
 * @throws {UsageError} one line that names the option, the rule, what was given and the nearest valid name.
 */
export function readCommandLine(argv: readonly string[], program: Program): Request {
  const [word = '', ...rest] = argv
  if (word === exportCommand) return readExport(rest)
  if (word === sampleCommand) return readSample(rest)
  if (word === likelihoodCommand) return readLikelihood(rest)
  if (word === reportCommand) return readReport(rest)
  if (word === notebookCommand) return readNotebook(rest)
  if (word === packageCommand) return readPackage(rest)
  if (word === doctorCommand) return readDoctor(rest)
  if (word !== '' && !word.startsWith('-')) {
    throw new UsageError(`the first word must be an option or a command; got '${word}'. Nearest command: ${nearestName(word, commands)}. See --help.`)
  }
  const command = describe(program)
  const words = readWords<RunOptions>(command, argv, flags)
  if (words.kind === 'print') return words
  const { given } = words
  const [stray] = command.args
  if (stray !== undefined && commands.includes(stray)) throw new UsageError(`${stray} must be the first word; got it after others.`)
  if (stray !== undefined) {
    throw new UsageError(`every word must be an option or its value; got '${stray}'. See --help.`)
  }
  if (given.dataset === 'digits' && given.dataDir !== undefined) {
    throw new UsageError('--data-dir and --dataset digits exclude each other: digits are drawn, not read. Drop one.')
  }
  const allowSoftwareAdapter = readSoftwareAdapter(given)
  checkSteps(given)
  const options: RunOptions = {
    parts: given.parts ?? program.parts.filter(isPartNumber).sort(byOrder),
    profile: given.profile ?? 'auto',
    dataset: given.dataset ?? 'auto',
    dataDir: given.dataDir,
    out: given.out ?? 'outputs',
    engine: given.engine ?? 'auto',
    allowSoftwareAdapter,
    threads: given.threads,
    seed: given.seed ?? 0,
    studentId: given.studentId,
    sampler: given.sampler,
    steps: given.steps,
    gammas: given.gammas ?? defaultGammas,
    class: given.class,
    inpainting: given.inpainting ?? false,
    resume: given.resume ?? false,
    strict: given.strict ?? false,
  }
  return { kind: 'run', options }
}

function describe({ version, parts }: Program): Command {
  const which = { known: partIds, existing: parts }
  const list = (names: readonly string[]) => names.join(', ')
  return new Command(commandName)
    .description('Runs the score-based generative modelling assignment: figures, metrics and checkpoints.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this text')
    .configureHelp({ helpWidth: 92 })
    .allowExcessArguments(true)
    .option(
      '--parts <LIST>',
      `parts to run, separated by commas; this version has ${parts.join(', ')} (default: all numbers)`,
      once('--parts', (flag, text) => readParts(flag, text, which)),
    )
    .option(
      '--profile <NAME>',
      `how much work: ${list(profileChoices)}; auto is full on a fast GPU, else quick (default: auto)`,
      once('--profile', (flag, text) => readChoice(flag, text, profileChoices)),
    )
    .option(
      '--dataset <NAME>',
      `images to learn from: ${list(datasetChoices)} (default: auto)`,
      once('--dataset', (flag, text) => readChoice(flag, text, datasetChoices)),
    )
    .option('--data-dir <DIR>', 'folder that holds the data sets; it must exist', once('--data-dir', readFolder))
    .option('--out <DIR>', 'folder for the outputs (default: outputs)', once('--out', readFolder))
    .option(
      '--engine <NAME>',
      `what computes: ${list(engineChoices)} (default: auto, the fastest one found here)`,
      once('--engine', (flag, text) => readChoice(flag, text, engineChoices)),
    )
    .option(softwareAdapterFlag, softwareAdapterWords)
    .option('--threads <N>', 'threads of the engine onnx (default: one for each core)', once('--threads', readCount(mostThreads)))
    .option('--seed <N>', 'key of all randomness, a whole number from 0 (default: 0)', once('--seed', readSeed))
    .option(
      '--student-id <ID>',
      '1 to 32 characters out of A-Z a-z 0-9 _ -; a leading zero stays',
      once('--student-id', readStudentId),
    )
    .option(
      '--sampler <NAME>',
      `sampler of images: ${list(samplerNames)} (default: each part's own)`,
      once('--sampler', (flag, text) => readChoice(flag, text, samplerNames)),
    )
    .option('--steps <N>', 'number of steps of that sampler, or of the part\'s own (default: as many as suit it)', once('--steps', readSteps))
    .option(
      '--gammas <LIST>',
      `scales of the guidance, separated by commas (default: ${defaultGammas.join(',')})`,
      once('--gammas', readGammas),
    )
    .option(
      '--class <NAME>',
      "class that guidance asks for, by number or name, or all: 5, and a grid of all (default: 5; all in profile 'full')",
      once('--class', readClass),
    )
    .option('--inpainting', "complete the upper half of images, too (always in profile 'full')")
    .option('--resume', 'skip what an earlier run of the same configuration finished in --out')
    .option('--strict', 'exit with code 3 if a bar is missed')
    .addHelpText('after', helpEnd)
}

const helpEnd = `
Options that only some parts read (--dataset, --data-dir, --student-id; parts 2 to 4:
--sampler, --steps; part 4 alone: --gammas, --class, --inpainting) are checked and
recorded in OUT/manifest.json whichever parts run; the run says so when no part of it
reads one that was given.

${commandName} export writes the networks of a run as ONNX files; see export --help.
${commandName} sample draws images from such a network, also in shards; see sample --help.
${commandName} likelihood measures bits per dimension under it; see likelihood --help.
${commandName} report writes OUT/report.html anew; see report --help.
${commandName} doctor says which engines there are on this machine, which would be
used and why, and how to get the others.
${commandName} notebook runs OUT/notebook.ipynb by Jupyter; see notebook --help.
${commandName} package writes the two archives that are handed in; see package --help.

--parts compare, beyond the assignment, samples part 3's network by one sampler after
the other: quality against evaluations of the network, as a table and a plot.

Outputs: OUT/partN/ holds the figures, metrics.json and README.md of part N, OUT/compare/
those of the comparison; OUT/manifest.json says what made them, with the sha256 of each
file, and OUT/report.html shows it all in one file.

Exit codes: 0 done, 1 failed, 2 wrong command line, 3 a bar missed with --strict,
130 interrupted by Ctrl-C (143 by SIGTERM), with what is done kept for --resume.`
