import fs from 'node:fs'
import { join } from 'node:path'
import { atomicWrite } from '../atomic-write'
import { RunError } from '../errors'
import { sha256Of } from '../file-record'
import { manifestName } from '../manifest'
import { partFolder, type PartId } from '../part-id'
import { plainJson } from '../plain-json'
import { readOutputs, type RunOutputs } from '../report/run-outputs'
import type { Versions } from '../versions'
import { notebookCells, packagesOf } from './notebook-cells'
import { isExecuted, notebookDocument, notebookText, type NotebookDocument } from './notebook-document'

/** The notebook's name in OUT. */
export const notebookName = 'notebook.ipynb'

/** The weights that its cells load, by part. */
const weights: Readonly<Partial<Record<PartId, readonly string[]>>> = {
  1: ['score-network.safetensors'],
  2: ['score-model.safetensors'],
  3: ['score-model.safetensors'],
  4: ['classifier.safetensors', 'score-model.safetensors'],
}

/** The notebook of a run as it lies in OUT. */
export interface WrittenNotebook {
  /** Its file. */
  readonly path: string
  readonly document: NotebookDocument
  /** Whether it has outputs, made from what lies in OUT now. */
  readonly executed: boolean
  /** The files that it consists of and reads, itself the first, by their names in OUT. */
  readonly files: readonly string[]
}

/**
 * Writes `OUT/notebook.ipynb` for the parts that are complete, without outputs, with what Deno needs beside it; one that was run with what lies in
 * OUT stays as it is.
 *
 * @throws {RunError} where no run has left anything in OUT, or a file cannot be written.
 */
export function writeNotebook(out: string, versions: Versions): WrittenNotebook {
  const outputs = readOutputs(out)
  const complete = outputs.parts.filter(({ entry }) => entry.status === 'complete').map(({ entry }) => entry)
  const cells = notebookCells(complete.map(({ part }) => part))
  const read = complete.flatMap(({ part, files }) => files.filter(({ path }) => weights[part]?.some((name) => path === `${partFolder(part)}/${name}`)))
  const madeFrom = sha256Of(JSON.stringify([cells, versions, settingsOf(outputs), read.map(({ sha256 }) => sha256)]))
  const document = notebookDocument(cells, madeFrom)
  const path = join(out, notebookName)
  const there = readDocument(path)
  const executed = there !== undefined && isExecuted(there) && JSON.stringify(there.metadata) === JSON.stringify(document.metadata)
  const dependencies = Object.fromEntries([...packagesOf(cells), '@tensorflow/tfjs-backend-wasm', '@tensorflow/tfjs-layers'].sort().map((name) => [name, versionIn(versions, name)]))
  const besides = { 'deno.json': { nodeModulesDir: 'manual' }, 'package.json': { name: 'sbgm-notebook', private: true, type: 'module', dependencies } }
  for (const [name, content] of Object.entries(besides)) atomicWrite(join(out, name), plainJson(content), name)
  if (!executed) atomicWrite(path, notebookText(document), notebookName)
  return { path, executed, document: executed ? there : document, files: [notebookName, ...Object.keys(besides), manifestName, ...read.map((file) => file.path)] }
}

/** What the cells read of the manifest. */
const settingsOf = ({ manifest: { seed, configuration } }: RunOutputs): unknown =>
  [seed, typeof configuration === 'object' && configuration !== null && 'profile' in configuration ? configuration.profile : undefined]

function versionIn({ libraries }: Versions, name: string): string {
  const version = libraries[name]
  if (version === undefined || version === 'missing') throw new RunError(`the notebook needs ${name}, which is not installed. Run npm ci.`)
  return version
}

function readDocument(path: string): NotebookDocument | undefined {
  try {
    const document = JSON.parse(fs.readFileSync(path, 'utf8')) as NotebookDocument
    return Array.isArray(document.cells) ? document : undefined
  } catch {
    return undefined
  }
}
