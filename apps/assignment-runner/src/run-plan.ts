import { configurationOf, firstDifference, type PartConfiguration, type Resolved } from './configuration'
import type { EarlierRun } from './earlier-run'
import { UsageError } from './errors'
import { isWhole, type FileRecord } from './file-record'
import type { PartEntry } from './manifest'
import { flagOf } from './options'
import type { Part } from './part'
import type { Versions } from './versions'

/** A part of this run, and what of an earlier one may stand in for it. */
export interface PlannedPart {
  readonly part: Part
  readonly configuration: PartConfiguration
  /** Whether it goes on from an earlier result of the same configuration, whose files it may then use. */
  readonly resumed: boolean
  /** Files of an earlier result that this one replaces: to be removed before it begins. */
  readonly replaced: readonly FileRecord[]
  /** The earlier result, complete and whole: nothing is left to do. */
  readonly done?: PartEntry
  /** Files of the earlier run that this one may take over. */
  readonly known: readonly FileRecord[]
  /** Files that the earlier run finished with and that are missing or were changed since. */
  readonly damaged: readonly string[]
}

/** What a run will do. */
export interface RunPlan {
  /** Parts that were asked for, in order. */
  readonly parts: readonly PlannedPart[]
  /** Results of parts that were not asked for and are still valid. */
  readonly kept: readonly PartEntry[]
  /** Judges of the same versions, which may be used again. */
  readonly judges: readonly FileRecord[]
}

/** What {@link planRun} decides from. */
export interface PlanOptions extends Resolved {
  /** All parts that this version has. */
  readonly parts: readonly Part[]
  readonly versions: Versions
  readonly earlier: EarlierRun | undefined
}

/**
 * Decides which parts are done anew, which are skipped, and which earlier results stay in the manifest.
 *
 * @throws {UsageError} with `--resume`, where the earlier run had another configuration or other versions.
 */
export function planRun({ parts, versions, earlier, ...resolved }: PlanOptions): RunPlan {
  const { out, resume, parts: asked } = resolved.options
  const entries = earlier === undefined ? [] : earlier.parts
  const otherVersion = earlier === undefined ? undefined : versionDifference(earlier, versions)
  /** Where no part that was asked for reads images, `auto` was not decided: it is then what it was. */
  const datasetOf = (entry: PartEntry | undefined) => {
    const before = resolved.options.dataset === 'auto' ? entry?.configuration['dataset'] : undefined
    return resolved.dataset ?? (typeof before === 'string' ? before : undefined)
  }
  const configurationFor = (part: Part, entry = entryOf(entries, part)) => configurationOf(part, { ...resolved, dataset: datasetOf(entry) })
  if (resume && entries.length > 0) {
    if (otherVersion !== undefined) throw cannotResume(out, otherVersion)
    for (const entry of entries) {
      const part = parts.find(({ number }) => number === entry.part)
      const difference = part && configurationDifference(entry, configurationFor(part))
      if (difference !== undefined) throw cannotResume(out, difference)
    }
  }
  return {
    parts: parts
      .filter(({ number }) => asked.includes(number))
      .sort((a, b) => a.number - b.number)
      .map((part) => {
        const entry = entryOf(entries, part)
        return { ...planPart(part, configurationFor(part), out, resume ? entry : undefined), replaced: resume ? [] : (entry?.files ?? []) }
      }),
    judges: otherVersion === undefined ? (earlier?.judges ?? []) : [],
    kept: entries
      .filter((entry) => {
        const part = parts.find(({ number }) => number === entry.part)
        if (part === undefined || asked.includes(entry.part) || otherVersion !== undefined) return false
        const same = firstDifference(entry.configuration, configurationFor(part)) === undefined
        return same && entry.files.every((file) => isWhole(out, file))
      })
      .map((entry) => (entry.status === 'running' ? { ...entry, status: 'interrupted' } : entry)),
  }
}

const entryOf = (entries: readonly PartEntry[], part: Part) => entries.find((entry) => entry.part === part.number)

function planPart(part: Part, configuration: PartConfiguration, out: string, entry?: PartEntry): Omit<PlannedPart, 'replaced'> {
  const files = entry?.files ?? []
  const damaged = files.filter((file) => !isWhole(out, file)).map(({ path }) => path)
  const planned = { part, configuration, resumed: entry !== undefined, known: files, damaged }
  return entry?.status === 'complete' && damaged.length === 0 ? { ...planned, done: entry } : planned
}

function versionDifference(earlier: Versions, now: Versions): string | undefined {
  const [before, after] = [flat(earlier), flat(now)]
  const name = firstDifference(before, after)
  return name && `${name} ${String(before[name] ?? 'missing')}, this one ${String(after[name] ?? 'missing')}`
}

const flat = ({ program, node, libraries }: Versions) => ({ [program.name]: program.version, node, ...libraries })

function configurationDifference(entry: PartEntry, now: PartConfiguration): string | undefined {
  const key = firstDifference(entry.configuration, now)
  if (key === undefined) return undefined
  const flag = Object.entries(flagOf).find(([option]) => option === key)?.[1] ?? key
  const text = (value: PartConfiguration[string] | undefined) => String(value ?? 'not given')
  return `${flag} ${text(entry.configuration[key])} in part ${entry.part}, this one ${flag} ${text(now[key])}`
}

const cannotResume = (out: string, difference: string) =>
  new UsageError(
    `--resume needs the configuration of the run in '${out}': that one has ${difference}. ` +
      'Give another --out, or drop --resume.',
  )
