import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** For tests: this library's sources as CommonJS in a project whose node_modules holds only what a test puts there. */
export interface SourcesProject {
  /**
   * Opens a backend there.
   *
   * @param options - of openBackend, as JavaScript
   * @param packages - names in @tensorflow that are installed, as they are in this workspace
   * @param standIns - further packages of that scope, by name: their CommonJS
   * @returns what it is, or the error, in one line; then what `after` printed
   */
  opening(options: string, packages: readonly string[], standIns?: Readonly<Record<string, string>>, after?: string): string
  remove(): void
}

/** For tests: makes a {@link SourcesProject}, which its maker removes. */
export function sourcesProject(): SourcesProject {
  const source = fileURLToPath(new URL('src', import.meta.url))
  const project = mkdtempSync(join(tmpdir(), 'sbgm-backends-'))
  writeFileSync(join(project, 'package.json'), '{ "type": "commonjs" }')
  for (const file of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts') && !name.includes('.test'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(source, file), 'utf8'), {
      compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true },
    })
    mkdirSync(dirname(join(project, file)), { recursive: true })
    writeFileSync(join(project, file.replace(/\.ts$/, '.js')), outputText)
  }
  return {
    opening(options, packages, standIns = {}, after = '') {
      const modules = join(project, 'node_modules', '@tensorflow')
      rmSync(modules, { recursive: true, force: true })
      mkdirSync(modules, { recursive: true })
      for (const name of packages) symlinkSync(dirname(createRequire(import.meta.url).resolve(`@tensorflow/${name}/package.json`)), join(modules, name))
      for (const [name, code] of Object.entries(standIns)) {
        mkdirSync(join(modules, name))
        writeFileSync(join(modules, name, 'index.js'), code)
      }
      const script = `const { openBackend, describeBackend } = require('./index.js')
        openBackend(${options}).then(async (b) => { console.log(describeBackend(b)); ${after} }, (e) => console.log(e.name + ': ' + e.message))`
      return execFileSync(process.execPath, ['-e', script], { cwd: project, encoding: 'utf8' }).trim()
    },
    remove: () => rmSync(project, { recursive: true, force: true }),
  }
}
