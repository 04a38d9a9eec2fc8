import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { findOnnxRuntime } from '@sbgm/onnx'
import { unzipSync } from 'fflate'
import { describe, expect, it } from 'vitest'
import { parts } from '../parts'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { executeNotebook } from './execute-notebook'
import { findJupyter } from './find-jupyter'
import { withOutputs, type NotebookDocument } from './notebook-document'

const assignment = parts.filter(({ id }) => typeof id === 'number')

/** Unpacks an archive; its folder. */
function unpacked(archive: string, to: string): string {
  for (const [name, data] of Object.entries(unzipSync(readFileSync(archive)))) {
    mkdirSync(dirname(join(to, name)), { recursive: true })
    writeFileSync(join(to, name), data)
  }
  return join(to, '007-code')
}

const npm = (folder: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd: folder, encoding: 'utf8', env: { ...process.env, CI: 'true', NX_DAEMON: 'false' } })
  expect(status, `npm ${args.join(' ')}\n${stdout.slice(-3000)}\n${stderr.slice(-3000)}`).toBe(0)
  return stdout
}

describe('the code archive of a smoke run of all parts', () => {
  it('is set up and runs by npm ci and npm start; its notebook runs there to its end, gives the outputs that package gave it, and names no folder of this machine', async (context) => {
    const found = await findJupyter()
    if ('missing' in found) context.skip(found.missing)
    else await inTemporaryFolder(async (folder) => {
      const [out, to] = [join(folder, 'run'), join(folder, 'to')]
      const host = standInHost(assignment, { openBackend, findOnnxRuntime, findJupyter, env: process.env })
      expect(await runAssignment(['--profile', 'smoke', '--dataset', 'digits', '--out', out], host), host.said.stderr()).toBe(0)
      expect(await runAssignment(['package', '--student-id', '007', '--out', out, '--to', to], host), host.said.stderr()).toBe(0)
      expect(host.said.stdout()).toMatch(/Notebook: .*notebook\.ipynb, run in \d/)
      const root = unpacked(join(to, '007-code.zip'), folder)
      npm(root, 'ci', '--prefer-offline')
      expect(npm(root, 'start', '--', '--parts', '1', '--profile', 'smoke', '--out', 'here')).toContain('Report: ')
      npm(root, 'run', 'build')

      const handedIn = JSON.parse(readFileSync(join(root, 'notebook', 'notebook.ipynb'), 'utf8')) as NotebookDocument
      const executed = await executeNotebook({ folder: join(root, 'notebook'), name: 'notebook.ipynb', ...found, env: process.env, signal: new AbortController().signal })
      expect(withOutputs(handedIn, executed)).toEqual(handedIn)
      const code = handedIn.cells.filter(({ cell_type }) => cell_type === 'code')
      expect(code.map(({ execution_count }) => execution_count)).toEqual(code.map((_, i) => i + 1))
      expect(new Set(code.flatMap(({ outputs = [] }) => outputs.map(({ output_type }) => output_type)))).toEqual(new Set(['stream', 'display_data']))
      const pictures = code.flatMap(({ outputs = [] }) => outputs.flatMap(({ data }) => data?.['image/png'] ?? []))
      expect(pictures.length).toBeGreaterThan(15)
      for (const picture of pictures) expect(String(picture)).toMatch(/^iVBOR/) // a PNG
      const text = JSON.stringify(handedIn)
      for (const path of [folder, `${homedir()}/`, tmpdir()]) expect(text).not.toContain(path)
    })
  })
})
