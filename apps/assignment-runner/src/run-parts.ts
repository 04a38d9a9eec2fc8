import fs from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from '@sbgm/datasets'
import type { Resolved } from './configuration'
import type { PartEntry } from './manifest'
import type { Engine } from './open-engine'
import { durationText } from './pace'
import { capitalised, partName } from './part-id'
import { plainJson } from './plain-json'
import type { Progress } from './progress'
import type { RunJournal, RunningPart } from './run-journal'
import type { PlannedPart, RunPlan } from './run-plan'
import type { PartOutcome } from './summary'

/** What {@link runParts} needs. */
export interface RunPartsOptions extends Resolved, Pick<Engine, 'report' | 'compute'> {
  readonly plan: RunPlan
  readonly journal: RunJournal
  /** The images, where a part of the run reads them. */
  readonly data?: Dataset | undefined
  readonly progress: Progress
  readonly signal: AbortSignal
}

/**
 * Runs the planned parts one after the other and records each in the journal.
 *
 * @throws what a part throws, after recording it as failed; the signal's reason where the run is interrupted.
 */
export async function runParts({ plan, journal, ...run }: RunPartsOptions): Promise<PartOutcome[]> {
  const outcomes: PartOutcome[] = []
  for (const planned of plan.parts) {
    run.signal.throwIfAborted()
    const { part, done, damaged, replaced, hint } = planned
    const heading = `${capitalised(partName(part.id))}, ${part.title}`
    if (done !== undefined) {
      journal.keep(done)
      const took = durationText(done.seconds)
      run.progress.note(`${heading}: skipped, done by an earlier run in ${took}`)
      outcomes.push({ entry: done, by: 'an earlier run' })
      continue
    }
    run.progress.note(heading)
    if (hint !== undefined) run.progress.note(`  ${hint}`)
    for (const { path } of replaced) fs.rmSync(join(run.options.out, path), { force: true })
    if (damaged.length > 0) run.progress.note(`  files that are missing or were changed: ${damaged.join(', ')}`)
    outcomes.push({ entry: await runPart(planned, journal.begin(planned), { ...run, judges: journal.judges, finished: (id) => journal.finished(id) }), by: 'this run' })
  }
  return outcomes
}

type PartRun = Omit<RunPartsOptions, 'plan' | 'journal'> & Pick<RunJournal, 'judges' | 'finished'>

async function runPart({ part, resumed }: PlannedPart, running: RunningPart, run: PartRun): Promise<PartEntry> {
  const { options, profile, report, compute, progress, signal, judges, finished } = run
  const { seed } = options
  const { folder } = running
  try {
    const dataset = () => {
      if (run.data !== undefined && part.reads?.includes('dataset')) return run.data
      throw new Error(`${capitalised(partName(part.id))} must say that it reads 'dataset' before it asks for the images.`)
    }
    const context = { folder, judges, finished, dataset, profile, seed, engine: report, compute, options, resume: resumed, signal, progress }
    const { metrics, bars } = await part.run(context)
    signal.throwIfAborted()
    folder.write('metrics.json', plainJson(Object.assign({ bars }, metrics, { bars })))
    return running.settle('complete', bars)
  } catch (error) {
    settleQuietly(running, signal.aborted ? 'interrupted' : 'failed')
    signal.throwIfAborted()
    throw error
  }
}

function settleQuietly(running: RunningPart, status: 'interrupted' | 'failed'): void {
  try {
    running.settle(status)
  } catch {
    // the disk may be full, which is then the error that led here
  }
}
