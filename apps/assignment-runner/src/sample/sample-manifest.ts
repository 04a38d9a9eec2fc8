import fs from 'node:fs'
import os from 'node:os'
import { join } from 'node:path'
import { atomicWrite } from '../atomic-write'
import { firstDifference, type PartConfiguration } from '../configuration'
import type { Determinism } from '../determinism'
import type { EngineReport } from '../engine'
import { RunError } from '../errors'
import { isInside, type FileRecord } from '../file-record'
import type { Manifest } from '../manifest'
import { plainJson } from '../plain-json'
import type { Versions } from '../versions'
import type { Shard } from './shard'

/** `DIR/shard-i-of-n.json`: what made the images of a shard. It names no path of the machine. */
export interface SampleManifest extends Versions {
  readonly format: typeof sampleFormat
  readonly formatVersion: typeof sampleFormatVersion
  readonly platform: Manifest['platform']
  readonly engine: EngineReport
  readonly determinism: Determinism
  /** What decides the numbers of an image, apart from versions and platform. */
  readonly configuration: PartConfiguration
  /** The shard, the images that fell to it, and those of the whole run. */
  readonly shard: Shard & { readonly first: number; readonly count: number; readonly countOfAll: number }
  /** Whether all of its images are there. */
  readonly complete: boolean
  /** The files of its images. */
  readonly files: readonly FileRecord[]
}

/** Names the format. */
export const sampleFormat = 'sbgm-samples'
/** Raised whenever an older reader could no longer understand what is written. */
export const sampleFormatVersion = 1

/** The manifest's name in DIR. */
export const manifestNameOf = ({ index, of }: Shard): string => `shard-${index}-of-${of}.json`

/** What of a manifest decides whether images made beside it belong to the same run. */
export type SampleOrigin = Versions & Pick<SampleManifest, 'configuration' | 'platform'>

/** A manifest that lies in DIR. */
export interface EarlierShard extends SampleOrigin {
  /** Its name in DIR. */
  readonly name: string
  readonly files: readonly FileRecord[]
}

/** What machine this is. */
export const platform = (): Manifest['platform'] => ({ os: os.platform(), arch: os.arch(), cpu: os.cpus()[0]?.model.trim() ?? 'unknown' })

/** Writes it whole or not at all. @throws {RunError} where it cannot be written. */
export function writeSampleManifest(out: string, manifest: SampleManifest): void {
  const name = manifestNameOf(manifest.shard)
  atomicWrite(join(out, name), plainJson(manifest), name)
}

/**
 * The manifests of all shards that have left one in DIR.
 *
 * @throws {RunError} for a file of such a name that this program did not write, or that is damaged: it is never written over.
 */
export function readEarlierShards(out: string): readonly EarlierShard[] {
  return fs.readdirSync(out).filter((name) => /^shard-[0-9]+-of-[0-9]+\.json$/.test(name)).sort().map((name) => {
    const content = parsed(fs.readFileSync(join(out, name), 'utf8'))
    if (isSampleManifest(content)) return { ...content, name }
    throw new RunError(`${name} in --out '${out}' must be one that this program wrote, of format version ${sampleFormatVersion}. Give another --out, or move that file.`)
  })
}

/**
 * Checks that the images in DIR are of the run that is being made.
 *
 * @throws {RunError} that names what differs.
 */
export function requireSameRun(out: string, earlier: readonly EarlierShard[], now: SampleOrigin): void {
  for (const shard of earlier) {
    const [before, after] = [decisive(shard), decisive(now)]
    const key = firstDifference(before, after)
    if (key === undefined) continue
    throw new RunError(`--out must hold images of one configuration; ${shard.name} in '${out}' has ${key} ${String(before[key])}, this command ${key} ${String(after[key])}. Give another --out, or what that one had.`)
  }
}

const decisive = ({ configuration, program, node, libraries }: SampleOrigin): PartConfiguration =>
  ({ ...configuration, [program.name]: program.version, node, ...libraries })

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

function isSampleManifest(content: unknown): content is SampleManifest {
  if (!isRecord(content) || content['format'] !== sampleFormat || content['formatVersion'] !== sampleFormatVersion) return false
  const { program, node, libraries, configuration, platform: machine, files } = content
  return [program, libraries, configuration, machine].every(isRecord) && typeof node === 'string' && Array.isArray(files) && files.every(isFileRecord)
}

const isFileRecord = (value: unknown): value is FileRecord =>
  isRecord(value) && typeof value['path'] === 'string' && isInside(value['path']) && typeof value['bytes'] === 'number' && typeof value['sha256'] === 'string'
