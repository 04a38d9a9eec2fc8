import fs from 'node:fs'
import { join } from 'node:path'
import type { Bar, Limit } from './bar'
import type { PartConfiguration } from './configuration'
import { RunError } from './errors'
import { isInside, type FileRecord } from './file-record'
import { manifestFormat, manifestName, manifestVersion, type PartEntry, type PartStatus } from './manifest'
import { partIds } from './part-id'
import { plainNumber } from './plain-json'
import type { Versions } from './versions'

/** What an earlier run left in OUT, as its manifest says. */
export interface EarlierRun extends Versions {
  readonly parts: readonly PartEntry[]
  /** The networks that judge images, and what they said of real ones. */
  readonly judges: readonly FileRecord[]
}

/**
 * Reads the manifest that an earlier run left in OUT; `undefined` where there is none.
 *
 * @throws {RunError} where manifest.json is not one of ours, of a newer format, or damaged: it is never written over.
 */
export function readEarlierRun(out: string): EarlierRun | undefined {
  const path = join(out, manifestName)
  if (!fs.existsSync(path)) return undefined
  const refuse = (why: string) =>
    new RunError(
      `${manifestName} in --out '${out}' must be one that this program wrote; ${why}. ` +
        'Give another --out, or move that file.',
    )
  const content = parsed(fs.readFileSync(path, 'utf8'))
  if (!isRecord(content)) throw refuse('it is no JSON record')
  if (content['format'] !== manifestFormat) throw refuse(`its format is '${String(content['format'])}'`)
  if (content['formatVersion'] !== manifestVersion) {
    throw refuse(`it has format version ${String(content['formatVersion'])}, this program writes ${manifestVersion}`)
  }
  const run = earlierRun(content)
  if (run === undefined) throw refuse('it is damaged')
  return run
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function earlierRun({ program, node, libraries, parts, judges = [] }: Readonly<Record<string, unknown>>): EarlierRun | undefined {
  if (!isRecord(program) || typeof node !== 'string' || !isRecord(libraries) || !Array.isArray(parts) || !Array.isArray(judges)) return undefined
  const { name, version } = program
  const [entries, files] = [parts.map(partEntry), judges.map(fileEntry)]
  if (typeof name !== 'string' || typeof version !== 'string' || !allDefined(entries) || !allDefined(files)) return undefined
  if (!isRecordOf(libraries, (value) => typeof value === 'string')) return undefined
  return { program: { name, version }, node, libraries, parts: entries, judges: files }
}

const statuses = ['running', 'complete', 'interrupted', 'failed'] as const satisfies readonly PartStatus[]

function partEntry(value: unknown): PartEntry | undefined {
  if (!isRecord(value)) return undefined
  const { title, seconds, configuration, bars, files } = value
  const part = partIds.find((id) => id === value['part'])
  const status = statuses.find((name) => name === value['status'])
  if (part === undefined || status === undefined || typeof title !== 'string') return undefined
  if (typeof seconds !== 'number' || !isRecordOf(configuration, isSetting)) return undefined
  if (!Array.isArray(bars) || !Array.isArray(files)) return undefined
  const [readBars, readFiles] = [bars.map(barEntry), files.map(fileEntry)]
  if (!allDefined(readBars) || !allDefined(readFiles)) return undefined
  return { part, title, status, seconds, configuration, bars: readBars, files: readFiles }
}

function barEntry(value: unknown): Bar | undefined {
  if (!isRecord(value) || typeof value['name'] !== 'string' || typeof value['pass'] !== 'boolean') return undefined
  const [measured, bound] = [plainNumber(value['value']), value['limit']]
  const limit = isRecord(bound) ? range(bound) : plainNumber(bound)
  if (measured === undefined || limit === undefined) return undefined
  return { name: value['name'], value: measured, limit, pass: value['pass'] }
}

function range(bound: Readonly<Record<string, unknown>>): Exclude<Limit, number> | undefined {
  const min = plainNumber(bound['min'])
  if (min === undefined) return undefined
  if (bound['max'] === undefined) return { min }
  const max = plainNumber(bound['max'])
  return max === undefined ? undefined : { min, max }
}

function fileEntry(value: unknown): FileRecord | undefined {
  if (!isRecord(value)) return undefined
  const { path, bytes, sha256 } = value
  if (typeof path !== 'string' || typeof bytes !== 'number' || typeof sha256 !== 'string') return undefined
  return isInside(path) ? { path, bytes, sha256 } : undefined
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isRecordOf = <Value>(
  value: unknown,
  is: (entry: unknown) => entry is Value,
): value is Readonly<Record<string, Value>> => isRecord(value) && Object.values(value).every(is)

const isSetting = (value: unknown): value is PartConfiguration[string] =>
  value === null || typeof value === 'string' || typeof value === 'number'

const allDefined = <Value>(values: readonly (Value | undefined)[]): values is readonly Value[] =>
  !values.includes(undefined)
