import fs from 'node:fs'
import { basename, join } from 'node:path'
import { commandName } from '../command-name'
import { readEarlierRun } from '../earlier-run'
import { RunError } from '../errors'
import { isWhole } from '../file-record'
import { manifestName, type PartEntry } from '../manifest'
import { partFolder } from '../part-id'

/** What a part has left in OUT. */
export interface PartOutputs {
  /** What the manifest says of it. */
  readonly entry: PartEntry
  /** Its README as Markdown; `undefined` where the part did not come so far. */
  readonly text: string | undefined
  /** Its pictures, PNG and GIF, by their names in the part's folder. */
  readonly pictures: readonly string[]
  /** Files that are missing, or no longer what the manifest recorded. */
  readonly changed: readonly string[]
}

/** What a run has left in OUT. */
export interface RunOutputs {
  /** The folder. */
  readonly out: string
  /** The manifest as it stands in its file. */
  readonly manifest: Readonly<Record<string, unknown>>
  /** The parts, in the order in which they are done. */
  readonly parts: readonly PartOutputs[]
}

/**
 * Reads what a run has left in OUT.
 *
 * @throws {RunError} where no run has left anything there, or its manifest is not one of ours or damaged.
 */
export function readOutputs(out: string): RunOutputs {
  const run = readEarlierRun(out)
  if (run === undefined) {
    throw new RunError(`a run must have left its outputs in --out '${out}'; there is no ${manifestName}. Name the run's folder with --out, or run ${commandName} --out ${out}.`)
  }
  const manifest = JSON.parse(fs.readFileSync(join(out, manifestName), 'utf8')) as Record<string, unknown>
  return { out, manifest, parts: run.parts.map((entry) => partOutputs(out, entry)) }
}

function partOutputs(out: string, entry: PartEntry): PartOutputs {
  const folder = partFolder(entry.part)
  const readme = join(out, folder, 'README.md')
  const names = entry.files.map(({ path }) => path.slice(folder.length + 1))
  return {
    entry,
    text: entry.status === 'complete' && fs.existsSync(readme) ? fs.readFileSync(readme, 'utf8') : undefined,
    pictures: names.filter((name) => /^[^/]+\.(png|gif)$/.test(name) && fs.existsSync(join(out, folder, name))),
    changed: entry.files.filter((file) => !isWhole(out, file)).map(({ path }) => basename(path)),
  }
}
