import type { Bar } from '../bar'
import { metricsTable, type MetricsTable } from '../judges/metrics-table'
import { judgesBars } from '../judges/judges-quality'
import { openJudges } from '../judges/open-judges'
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
  const { profile, judges: folder, engine: { engine }, compute, signal, progress } = context
  const [settings, data] = [judgeSettings[profile], context.dataset()]
  const files = {
    read: (name: string) => (folder.has(name) ? folder.read(name) : undefined),
    write: (name: string, bytes: Uint8Array) => folder.write(name, bytes),
  }
  const judges = await openJudges({ settings, data, engine, files, compute, signal, progress })
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
