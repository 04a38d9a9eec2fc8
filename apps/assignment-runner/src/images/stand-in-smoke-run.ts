import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { findOnnxRuntime } from '@sbgm/onnx'
import type { Host } from '../host'
import type { Part } from '../part'
import { runAssignment } from '../run-assignment'
import { standInHost } from '../stand-in-host'

/** For tests: parts in the profile smoke through the command line, with the real engines and data sets. */
export async function smokeRun(out: string, argv: readonly string[], parts: readonly Part[], overrides: Partial<Host> = {}) {
  const host = standInHost(parts, { openBackend, findOnnxRuntime, loadDataset, ...overrides })
  const code = await runAssignment(['--profile', 'smoke', '--out', out, ...argv], host)
  return { code, said: host.said.stdout() + host.said.stderr() }
}

/** For tests: a file's bytes. */
export const read = (...path: string[]): Buffer => readFileSync(join(...path))
/** For tests: a file's text. */
export const text = (...path: string[]): string => read(...path).toString()
/** For tests: all files in a folder and below. */
export const listed = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort()

/** For tests: sha256 of every file in a part's folder, but of those that tell the time it took. */
export const fingerprint = (folder: string): Record<string, string> => Object.fromEntries(
  listed(folder)
    .filter((path) => !/(training\.(jsonl|svg|png)|metrics\.json|README\.md)$/.test(path))
    .map((path) => [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')]),
)

/** For tests: a part whose run is cut off when a stage has come so far. */
export const cutAt = (part: Part, stageName: string, at: number): Part => ({
  ...part,
  run(context) {
    const controller = new AbortController()
    const stage = (name: string, total: number) => {
      const real = context.progress.stage(name, total)
      return { ...real, advance: (done: number, detail?: string) => (name === stageName && done >= at && controller.abort(new Error('cut here')), real.advance(done, detail)) }
    }
    return part.run({ ...context, progress: { ...context.progress, stage }, signal: controller.signal })
  },
})
