import type { Bar } from '../bar'
import { metricsTable, type MetricsTable } from '../judges/metrics-table'
import { judgesBars } from '../judges/judges-quality'
import { openJudges, type JudgeFiles, type Judges } from '../judges/open-judges'
import { qualityBars } from '../judges/quality-bars'
import { judgeSettings } from '../judges/settings'
import type { PartContext } from '../part'

/** What the judges say of a model's samples. */
export interface JudgedSamples {
  /** The samples' metrics beside those of real images. */
  readonly table: MetricsTable
  /** SHA-256 of the judges' files. */
  readonly judges: { readonly tenClass: string; readonly elevenClass: string }
  /** Of the judges, and for MNIST, which they were set for, of the samples. */
  readonly bars: readonly Bar[]
}

/** Judges a model's samples, as many as the judges' settings of the profile ask for. */
export async function judgeSamples(images: Float32Array, context: PartContext): Promise<JudgedSamples> {
  const { profile, signal, progress } = context
  const [settings, data] = [judgeSettings[profile], context.dataset()]
  const judges = await openRunJudges(context)
  const files = judgeFiles(context)
  try {
    const table = await metricsTable(images, { judges, data, settings, files, signal, progress })
    return {
      table,
      judges: { tenClass: judges.tenClass.sha256, elevenClass: judges.elevenClass.sha256 },
      bars: [...(data.name === 'mnist' ? qualityBars(profile, table) : []), ...judgesBars(table.reference.judges, data.name)],
    }
  } finally {
    await judges.close()
  }
}

/** The judges of a run, from its folder of them or trained: close them at the end. @throws as {@link openJudges} */
export function openRunJudges(context: PartContext): Promise<Judges> {
  const { profile, engine: { engine }, compute, signal, progress } = context
  return openJudges({ settings: judgeSettings[profile], data: context.dataset(), engine, files: judgeFiles(context), compute, signal, progress })
}

/** The run's folder of judges. */
export const judgeFiles = ({ judges: folder }: PartContext): JudgeFiles => ({
  read: (name) => (folder.has(name) ? folder.read(name) : undefined),
  write: (name, bytes) => folder.write(name, bytes),
})
