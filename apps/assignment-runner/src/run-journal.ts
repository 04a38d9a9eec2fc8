import type { Bar } from './bar'
import { RunError } from './errors'
import { isWhole } from './file-record'
import { writeManifest, type Manifest, type PartEntry, type PartStatus } from './manifest'
import { outputFolder, type OutputFolder } from './output-folder'
import type { FinishedPart } from './part'
import { byOrder, partFolder, type PartId } from './part-id'
import type { PlannedPart } from './run-plan'

/** Keeps OUT/manifest.json true while a run goes on: written at the start, after each file and after each part. */
export interface RunJournal {
  /** Takes over an earlier result. */
  keep(entry: PartEntry): void
  /** Begins a part; one runs at a time. */
  begin(planned: PlannedPart): RunningPart
  /** A part that is complete in OUT, by this run or as it was taken over, to read from; undefined where it is not, or its files are no longer whole. */
  finished(part: PartId): FinishedPart | undefined
  /** The folder of the networks that judge images, which several parts use: `OUT/judges`. */
  readonly judges: OutputFolder
  /** Marks the part that runs as interrupted, at once; does not throw, since it serves in a signal handler. */
  interrupt(): void
}

/** A part under way. */
export interface RunningPart {
  readonly folder: OutputFolder
  /** Records how the part ended, and what it promised and kept. */
  settle(status: Exclude<PartStatus, 'running'>, bars?: readonly Bar[]): PartEntry
}

/** What {@link openJournal} needs. */
export interface JournalOptions {
  readonly out: string
  /** The run, with the parts that stay from an earlier one. */
  readonly manifest: Manifest
}

/** Opens the journal of a run: writes the manifest as it stands. @throws {RunError} where it cannot be written. */
export function openJournal({ out, manifest }: JournalOptions): RunJournal {
  const entries = new Map(manifest.parts.map((entry) => [entry.part, entry]))
  const judges = outputFolder({ out, name: 'judges', known: manifest.judges, onWrite: () => save() })
  let current: (() => PartEntry) | undefined
  let runningStatus: PartStatus = 'running'
  const save = () => {
    const entry = current?.()
    if (entry !== undefined) entries.set(entry.part, entry)
    writeManifest(out, { ...manifest, parts: [...entries.values()].sort((a, b) => byOrder(a.part, b.part)), judges: judges.files() })
  }
  save()
  return {
    judges,
    finished(part) {
      const entry = entries.get(part)
      if (entry?.status !== 'complete' || !entry.files.every((file) => isWhole(out, file))) return undefined
      return outputFolder({ out, name: partFolder(part), known: entry.files })
    },
    keep(entry) {
      entries.set(entry.part, entry)
      save()
    },
    begin({ part: { id, title }, configuration, known }) {
      const start = performance.now()
      const seconds = () => Math.round(performance.now() - start) / 1000
      const folder = outputFolder({ out, name: partFolder(id), known, onWrite: save })
      const entry = (status: PartStatus, bars: readonly Bar[]): PartEntry => {
        return { part: id, title, status, seconds: seconds(), configuration, bars, files: folder.files() }
      }
      current = () => entry(runningStatus, [])
      save()
      return {
        folder,
        settle(status, bars = []) {
          const settled = entry(status, bars)
          current = undefined
          entries.set(id, settled)
          save()
          return settled
        },
      }
    },
    interrupt() {
      runningStatus = 'interrupted'
      try {
        save()
      } catch (error) {
        if (!(error instanceof RunError)) throw error
      }
    },
  }
}
