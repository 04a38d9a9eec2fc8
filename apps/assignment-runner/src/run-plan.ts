import { configurationOf, firstDifference, withoutSampling, type PartConfiguration, type Resolved } from './configuration'
import type { EarlierRun } from './earlier-run'
import { UsageError } from './errors'
import { isWhole, type FileRecord } from './file-record'
import type { PartEntry } from './manifest'
import { flagOf } from './options'
import type { Part } from './part'
import { byOrder, partFolder, partName } from './part-id'
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
  /** To be said before it begins: what of the earlier result it uses though it is sampled otherwise, or could use. */
  readonly hint?: string
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
 * Where a part is only to be sampled otherwise than in the earlier run, `--resume` goes on from what it had trained. A part that was not asked
 * for stays however it was sampled.
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
      const part = parts.find(({ id }) => id === entry.part)
      const difference = part && configurationDifference(entry, configurationFor(part), withoutSampling)
      if (difference !== undefined) throw cannotResume(out, difference)
    }
  }
  return {
    parts: parts
      .filter(({ id }) => asked.includes(id))
      .sort((a, b) => byOrder(a.id, b.id))
      .map((part) => {
        const [entry, configuration] = [entryOf(entries, part), configurationFor(part)]
        if (resume) return resumedPart(part, configuration, out, entry)
        const hint = entry && otherVersion === undefined ? couldResume(part, configuration, out, entry) : undefined
        return { ...plainPart(part, configuration), replaced: entry?.files ?? [], ...(hint && { hint }) }
      }),
    judges: otherVersion === undefined ? (earlier?.judges ?? []) : [],
    kept: entries
      .filter((entry) => {
        const part = parts.find(({ id }) => id === entry.part)
        if (part === undefined || asked.includes(entry.part) || otherVersion !== undefined) return false
        const same = firstDifference(withoutSampling(entry.configuration), withoutSampling(configurationFor(part))) === undefined
        return same && entry.files.every((file) => isWhole(out, file))
      })
      .map((entry) => (entry.status === 'running' ? { ...entry, status: 'interrupted' } : entry)),
  }
}

const entryOf = (entries: readonly PartEntry[], part: Part) => entries.find((entry) => entry.part === part.id)

const plainPart = (part: Part, configuration: PartConfiguration): PlannedPart => ({ part, configuration, resumed: false, known: [], damaged: [], replaced: [] })

/** A part that goes on from an earlier result of the same configuration, or of one that was only sampled otherwise. */
function resumedPart(part: Part, configuration: PartConfiguration, out: string, entry: PartEntry | undefined): PlannedPart {
  if (entry === undefined) return plainPart(part, configuration)
  const difference = configurationDifference(entry, configuration)
  const known = difference === undefined ? entry.files : trainedFiles(part, entry)
  const damaged = known.filter((file) => !isWhole(out, file)).map(({ path }) => path)
  const planned = { ...plainPart(part, configuration), resumed: true, known, damaged }
  if (difference !== undefined) {
    return { ...planned, replaced: entry.files.filter((file) => !known.includes(file)), hint: `sampled anew, from what the earlier run has trained: that one has ${difference}` }
  }
  return entry.status === 'complete' && damaged.length === 0 ? { ...planned, done: entry } : planned
}

/** The files of an earlier result that do not depend on how it was sampled. */
const trainedFiles = ({ id, trained = [] }: Part, { files }: PartEntry): readonly FileRecord[] =>
  files.filter(({ path }) => trained.some((name) => path === `${partFolder(id)}/${name}`))

/** Said of a part that is trained again though it is only sampled otherwise. */
function couldResume(part: Part, configuration: PartConfiguration, out: string, entry: PartEntry): string | undefined {
  const isOtherSampling = firstDifference(entry.configuration, configuration) !== undefined && configurationDifference(entry, configuration, withoutSampling) === undefined
  const known = trainedFiles(part, entry)
  return isOtherSampling && known.length > 0 && known.every((file) => isWhole(out, file)) ? 'trained anew; with --resume it would go on from what the earlier run has trained' : undefined
}

function versionDifference(earlier: Versions, now: Versions): string | undefined {
  const [before, after] = [flat(earlier), flat(now)]
  const name = firstDifference(before, after)
  return name && `${name} ${String(before[name] ?? 'missing')}, this one ${String(after[name] ?? 'missing')}`
}

const flat = ({ program, node, libraries }: Versions) => ({ [program.name]: program.version, node, ...libraries })

function configurationDifference(entry: PartEntry, now: PartConfiguration, compared = (configuration: PartConfiguration) => configuration): string | undefined {
  const key = firstDifference(compared(entry.configuration), compared(now))
  if (key === undefined) return undefined
  const flag = Object.entries(flagOf).find(([option]) => option === key)?.[1] ?? key
  const text = (value: PartConfiguration[string] | undefined) => String(value ?? 'not given')
  return `${flag} ${text(entry.configuration[key])} in ${partName(entry.part)}, this one ${flag} ${text(now[key])}`
}

const cannotResume = (out: string, difference: string) =>
  new UsageError(
    `--resume needs the configuration of the run in '${out}': that one has ${difference}. ` +
      'Give another --out, or drop --resume.',
  )
