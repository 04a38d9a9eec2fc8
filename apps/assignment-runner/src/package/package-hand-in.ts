import fs from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { atomicWrite } from '../atomic-write'
import { RunError, UsageError, oneLine } from '../errors'
import { exitCode } from '../exit-code'
import { sha256Of } from '../file-record'
import type { Host } from '../host'
import { runNotebook } from '../notebook/run-notebook'
import { writeNotebook, type WrittenNotebook } from '../notebook/write-notebook'
import { readOutputs, type RunOutputs } from '../report/run-outputs'
import { writeReport } from '../report/write-report'
import type { Versions } from '../versions'
import { contentsName, zipArchive, type ArchiveFile } from './archive'
import { checkCode, checkPublic } from './check-archive'
import type { PackageOptions } from './package-options'
import { visualisationFiles } from './visualisation-files'
import { workspaceFiles, workspaceRoot } from './workspace-files'

/**
 * `sbgm-assignment package`: writes `ID-code.zip` and `ID-visualisations.zip`, both or none, and says what is in them. A notebook without outputs is
 * run first, where that can be done.
 *
 * @param root - the workspace. @defaultValue the one that the program lies in
 * @returns the exit code
 * @throws {RunError} where a part is not complete, something is missing, or something does not belong in; {UsageError} where the run was
 * made for another student; the reason of an interruption.
 */
export async function packageHandIn({ studentId, out, to }: PackageOptions, versions: Versions, host: Host, root = workspaceRoot()): Promise<number> {
  const { stdout, parts, env } = host
  const outputs = readOutputs(out)
  checkStudent(outputs, studentId)
  writeReport(out)
  const sources = workspaceFiles(root)
  checkCode(sources)
  const visualisations = visualisationFiles(outputs, parts.map(({ id }) => id))
  const code = [...sources, ...notebookFiles(out, await handedInNotebook(out, versions, host))]
  checkPublic([...code, ...visualisations], [root, out, to, ...(env['SBGM_DATA_DIR'] === undefined ? [] : [env['SBGM_DATA_DIR']])])
  const archives = [archive(`${studentId}-code`, code), archive(`${studentId}-visualisations`, visualisations)]
  for (const { name, bytes, files } of archives) {
    const path = join(to, name)
    atomicWrite(path, bytes, path)
    stdout.write(`${path}: ${files.length} files and ${contentsName}, ${(bytes.length / 1e6).toFixed(1)} MB, sha256 ${sha256Of(bytes)}\n${listing(files)}`)
  }
  return exitCode.ok
}

/** The notebook, with outputs where Jupyter gives any; without them it is handed in as well, and why is said. */
async function handedInNotebook(out: string, versions: Versions, host: Host): Promise<WrittenNotebook> {
  try {
    return (await runNotebook({ out, dataDir: undefined }, versions, host)).notebook
  } catch (error) {
    if (!(error instanceof RunError)) throw error
    host.stdout.write(`Notebook: packed without outputs. ${oneLine(error)}\n`)
    return writeNotebook(out, versions)
  }
}

/** The notebook and what it reads, in a folder of its own beside the sources, whose libraries it finds above it. */
const notebookFiles = (out: string, { files }: WrittenNotebook): readonly ArchiveFile[] =>
  files.map((name) => ({ name: `notebook/${name}`, data: fs.readFileSync(join(out, name)), executable: false }))

function archive(folder: string, files: readonly ArchiveFile[]): { readonly name: string; readonly bytes: Uint8Array; readonly files: readonly ArchiveFile[] } {
  const bytes = zipArchive(folder, files)
  const read = unzipSync(bytes)
  const lost = files.find(({ name, data }) => sha256Of(read[`${folder}/${name}`] ?? new Uint8Array(0)) !== sha256Of(data))
  if (lost !== undefined) throw new Error(`The archive of ${folder} must give back ${lost.name} as it is; it does not.`)
  return { name: `${folder}.zip`, bytes, files }
}

/** How many files of what size each folder holds. */
function listing(files: readonly ArchiveFile[]): string {
  const folders = new Map<string, { count: number; bytes: number }>()
  for (const { name, data } of files) {
    const folder = /^(?:(?:libs|apps)\/[^/]+|[^/]+)\//.exec(name)?.[0] ?? './'
    const { count, bytes } = folders.get(folder) ?? { count: 0, bytes: 0 }
    folders.set(folder, { count: count + 1, bytes: bytes + data.length })
  }
  return [...folders].sort(([a], [b]) => (a < b ? -1 : 1)).map(([folder, { count, bytes }]) => `  ${folder.padEnd(28)}${String(count).padStart(5)} files ${(bytes / 1e6).toFixed(2).padStart(8)} MB\n`).join('')
}

/** The report names the student that the run was made for. */
function checkStudent({ manifest }: RunOutputs, studentId: string): void {
  const { configuration } = manifest
  const given = typeof configuration === 'object' && configuration !== null && 'studentId' in configuration ? configuration.studentId : null
  if (typeof given === 'string' && given !== studentId) throw new UsageError(`--student-id must be that of the run; got '${studentId}', the run was made for '${given}'. Correct one of them.`)
}
