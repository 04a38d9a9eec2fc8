import { readCommandLine } from './command-line'
import { commandName } from './command-name'
import { describeEngine, threadsOf } from './engine'
import { readEarlierRun, type EarlierRun } from './earlier-run'
import { exitCode } from './exit-code'
import { explain } from './explain'
import { doctor } from './doctor/doctor'
import { exportModels } from './export/export-models'
import type { Host } from './host'
import { openDataset } from './images/open-dataset'
import { reportLikelihood } from './likelihood/report-likelihood'
import { describeRun } from './manifest'
import { defaultGammas, engineChoices, flagOf, profileChoices, type PartOption, type RunOptions } from './options'
import { runNotebook } from './notebook/run-notebook'
import { writeNotebook } from './notebook/write-notebook'
import { checkOptionsKeptByNpm } from './options-kept-by-npm'
import { packageHandIn } from './package/package-hand-in'
import type { Part } from './part'
import { checkDataDir, prepareOut } from './prepare-out'
import { rewriteReport, writeReport } from './report/write-report'
import { openJournal } from './run-journal'
import { runParts } from './run-parts'
import { planRun } from './run-plan'
import { sampleShard } from './sample/sample-shard'
import { missedBars, summaryOf } from './summary'
import { readVersions, type Versions } from './versions'
import { withEngine } from './with-engine'

/**
 * The whole program: reads the command line, opens an engine, runs the parts, writes the outputs.
 *
 * @param argv - the arguments alone, without node and script.
 * @returns the exit code; an error has then been said on stderr, in one line (its stack only with SBGM_DEBUG=1).
 */
export async function runAssignment(argv: readonly string[], host: Host): Promise<number> {
  try {
    checkOptionsKeptByNpm(host.env)
    const versions = readVersions()
    const parts = host.parts.map(({ id }) => id)
    const request = readCommandLine(argv, { version: versions.program.version, parts })
    if (request.kind === 'run') return await run(request.options, versions, host)
    if (request.kind === 'export') return await exportModels(request.options, versions, host)
    if (request.kind === 'likelihood') return await reportLikelihood(request.options, versions, host)
    if (request.kind === 'sample') return await sampleShard(request.options, versions, host)
    if (request.kind === 'doctor') return await doctor(versions, host)
    if (request.kind === 'report') return rewriteReport(request.options, host)
    if (request.kind === 'notebook') return (await runNotebook(request.options, versions, host)).code
    if (request.kind === 'package') return await packageHandIn(request.options, versions, host)
    host.stdout.write(request.text)
    return exitCode.ok
  } catch (error) {
    return explain(error, host)
  }
}

async function run(options: RunOptions, versions: Versions, host: Host): Promise<number> {
  if (options.dataDir !== undefined) checkDataDir(options.dataDir)
  prepareOut(options.out)
  const earlier = readEarlierRun(options.out)
  let onInterrupt = () => {}
  const { engine, profile: asked, because } = options.resume ? resumedChoices(options, earlier) : { ...options, because: undefined }
  const { threads, allowSoftwareAdapter } = options
  return withEngine({ engine, profile: asked, threads, allowSoftwareAdapter, because, onInterrupt: () => onInterrupt() }, host, async ({ report, compute, profile, signal, progress }) => {
    const readsImages = host.parts.some(({ id, reads = [] }) => options.parts.includes(id) && reads.includes('dataset'))
    const data = readsImages ? await openDataset(options, { load: host.loadDataset, env: host.env, signal, progress }) : undefined
    for (const part of host.parts) if (options.parts.includes(part.id)) part.check?.(options, data)
    const resolved = { options, profile, engine: report.engine, threads: threadsOf(report), dataset: data?.name }
    const plan = planRun({ ...resolved, parts: host.parts, versions, earlier })
    const manifest = describeRun({ ...resolved, versions, report, data })
    const { parts, seed, out } = options
    progress.note(`parts ${parts.join(', ')}, profile ${resolved.profile}, seed ${seed}, outputs in ${out}`)
    progress.note(`engine ${describeEngine(report)}`)
    if (data) progress.note(`images: ${data.name}, ${data.train.count} to learn from and ${data.test.count} to test with`)
    for (const line of unreadOptions(options, host.parts)) progress.note(line)
    if (options.resume && earlier === undefined) progress.note(`--resume: nothing is there yet in ${out}`)
    const journal = openJournal({ out: options.out, manifest: { ...manifest, parts: plan.kept, judges: plan.judges } })
    onInterrupt = () => journal.interrupt()
    const outcomes = await runParts({ plan, journal, progress, signal, report, compute, data, ...resolved })
    progress.note(summaryOf(outcomes, options.out))
    progress.note(`Report: ${writeReport(options.out)}`)
    const { path, executed } = writeNotebook(out, versions)
    progress.note(`Notebook: ${path}${executed ? '' : `, without outputs; ${commandName} notebook --out ${out} runs it`}`)
    return options.strict && missedBars(outcomes) > 0 ? exitCode.barMissed : exitCode.ok
  })
}

/** Engine and profile, where they were left open, as the run that is resumed had them: a trial need not end the same way twice. */
function resumedChoices({ engine, profile }: RunOptions, earlier: EarlierRun | undefined): Pick<RunOptions, 'engine' | 'profile'> & { readonly because: string | undefined } {
  const { configuration = {} } = earlier?.parts[0] ?? {}
  const before = <Name extends string>(known: readonly Name[], asked: Name, value: unknown): Name => (asked === 'auto' ? known.find((name) => name === value) ?? asked : asked)
  return { engine: before(engineChoices, engine, configuration['engine']), because: engine === 'auto' ? 'as the run that is resumed had it.' : undefined, profile: before(profileChoices, profile, configuration['profile']) }
}

/** Says which given options no part of this run reads: none of them may do nothing silently. */
function unreadOptions(options: RunOptions, parts: readonly Part[]): string[] {
  const given: readonly PartOption[] = [
    ...(options.dataset === 'auto' ? [] : (['dataset'] as const)),
    ...(options.dataDir === undefined ? [] : (['dataDir'] as const)),
    ...(options.studentId === undefined ? [] : (['studentId'] as const)),
    ...(options.sampler === undefined ? [] : (['sampler'] as const)),
    ...(options.steps === undefined ? [] : (['steps'] as const)),
    ...(options.gammas === defaultGammas ? [] : (['gammas'] as const)),
    ...(options.class === undefined ? [] : (['class'] as const)),
    ...(options.inpainting ? (['inpainting'] as const) : []),
  ]
  const read = parts.filter(({ id }) => options.parts.includes(id)).flatMap(({ reads = [] }) => reads)
  return given
    .filter((option) => !read.includes(option))
    .map((option) => `${flagOf[option]} is recorded in the manifest; no part of this run reads it`)
}
