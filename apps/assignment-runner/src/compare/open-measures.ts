import { judgeFiles, openRunJudges } from '../images/judge-samples'
import type { Measures } from '../judges/metrics-row'
import { referenceRows, type ReferenceRows } from '../judges/metrics-table'
import { judgeSettings } from '../judges/settings'
import type { PartContext } from '../part'

/** What measures sets of images, and what it says of real ones. */
export interface OpenMeasures {
  readonly measures: Measures
  readonly reference: ReferenceRows
  /** Frees the judges. */
  close(): Promise<void>
}

/** The judges of a run with the moments of its training set. @throws the signal's reason when the run is interrupted */
export async function openMeasures(context: PartContext): Promise<OpenMeasures> {
  const { profile, signal, progress } = context
  const data = context.dataset()
  const judges = await openRunJudges(context)
  try {
    const reference = await referenceRows({ judges, data, settings: judgeSettings[profile], files: judgeFiles(context), signal, progress })
    return { measures: { judges, train: data.train, features: reference.features, signal }, reference, close: () => judges.close() }
  } catch (error) {
    await judges.close()
    throw error
  }
}
