import os from 'node:os'
import { join } from 'node:path'
import { atomicWrite } from './atomic-write'
import type { Bar } from './bar'
import { recorded, type PartConfiguration, type Resolved } from './configuration'
import { determinismOf, type Determinism } from './determinism'
import type { EngineReport } from './engine'
import type { FileRecord } from './file-record'
import type { PartId } from './part-id'
import { plainJson } from './plain-json'
import type { Versions } from './versions'

/** How far a part came. `running` stands there only while it runs, or after the process was killed. */
export type PartStatus = 'running' | 'complete' | 'interrupted' | 'failed'

/** What the manifest says about one part. */
export interface PartEntry {
  readonly part: PartId
  readonly title: string
  readonly status: PartStatus
  readonly seconds: number
  readonly configuration: PartConfiguration
  readonly bars: readonly Bar[]
  readonly files: readonly FileRecord[]
}

/** `OUT/manifest.json`: what made the files that lie beside it. It names no path of the machine. */
export interface Manifest extends Versions {
  readonly format: typeof manifestFormat
  readonly formatVersion: typeof manifestVersion
  readonly platform: { readonly os: string; readonly arch: string; readonly cpu: string }
  readonly engine: EngineReport
  readonly determinism: Determinism
  /** Options of the run that wrote this last; each part's entry has its own configuration beside. */
  readonly configuration: Readonly<Record<string, string | number | boolean | null | readonly PartId[]>>
  readonly seed: number
  /** The images learned from, by name and by the checksum of their contents; `null` where no part of the run reads any. */
  readonly data: { readonly name: string; readonly checksum: string } | null
  readonly parts: readonly PartEntry[]
  /** The networks that judge images, and what they said of real ones. */
  readonly judges: readonly FileRecord[]
}

/** Names the format, so that a foreign manifest.json is told from ours. */
export const manifestFormat = 'sbgm-assignment-manifest'
/** Raised whenever an older reader could no longer understand what is written. */
export const manifestVersion = 1
/** The manifest's name in OUT. */
export const manifestName = 'manifest.json'

/** The manifest of a run, without its parts. */
export function describeRun(run: Resolved & { readonly versions: Versions; readonly report: EngineReport; readonly data?: Manifest['data'] | undefined }): Manifest {
  const { options, profile, report, versions, data } = run
  return {
    format: manifestFormat,
    formatVersion: manifestVersion,
    program: versions.program,
    node: versions.node,
    libraries: versions.libraries,
    platform: { os: os.platform(), arch: os.arch(), cpu: os.cpus()[0]?.model.trim() ?? 'unknown' },
    engine: report,
    determinism: determinismOf(report.engine),
    configuration: {
      parts: options.parts,
      profile,
      engine: run.engine,
      threads: run.threads ?? null,
      dataset: recorded('dataset', options),
      dataDir: recorded('dataDir', options),
      studentId: recorded('studentId', options),
      sampler: recorded('sampler', options),
      steps: recorded('steps', options),
      gammas: recorded('gammas', options),
      class: recorded('class', options),
      inpainting: recorded('inpainting', options),
      strict: options.strict,
      resume: options.resume,
    },
    seed: options.seed,
    data: data ? { name: data.name, checksum: data.checksum } : null,
    parts: [],
    judges: [],
  }
}

/** Writes the manifest whole or not at all. @throws {RunError} where it cannot be written. */
export function writeManifest(out: string, manifest: Manifest): void {
  atomicWrite(join(out, manifestName), plainJson(manifest), manifestName)
}
