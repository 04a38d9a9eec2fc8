import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { complaintsOfCompiler } from './complaints-of-compiler'
import { freshProject, type FreshProject } from './fresh-project'

describe.each(inject('published'))('$name, installed from the registry by the command of its README', ({ name, folder, entries }) => {
  const readme = readFileSync(`${folder}README.md`, 'utf8')
  const block = (language: string, text = readme) => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(text)?.[1] ?? ''
  const prints = block('text', readme.split('```ts')[1])
  let project: FreshProject

  beforeAll(() => { project = freshProject(block('sh')) })
  afterAll(() => project?.remove())

  it('is the version of the release', () => {
    const { version } = JSON.parse(readFileSync(join(project.folder, 'node_modules', name, 'package.json'), 'utf8'))
    expect(version).toBe(inject('version'))
  })

  it('gives the same names to import and to require', async () => {
    const { imported, required } = await namesIn(project, entries)
    for (const names of Object.values(imported)) expect(names).not.toEqual([])
    expect(required).toEqual(imported)
  })

  it('has no type errors: its declarations hold exactly what import, require and bundlers find, and the example of its README compiles', async () => {
    const { imported } = await namesIn(project, entries)
    const consumers = (extension: string) => Object.fromEntries(entries.map((entry, i) => [`consumer-${i}${extension}`, consumerOf(entry, imported[entry])]))
    expect(complaintsOfCompiler(project.folder, { ...consumers('.mts'), ...consumers('.cts'), 'example.mts': block('ts') }, 'nodenext')).toEqual([])
    expect(complaintsOfCompiler(project.folder, consumers('.ts'), 'bundler')).toEqual([])
  })

  it('runs the example of its README, which prints what stands below it', async () => {
    const { outputText } = ts.transpileModule(block('ts'), { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } })
    expect(await project.run('module', outputText)).toBe(prints)
  })

  if (name === '@sbgm/onnx') {
    it.each(['module', 'commonjs'] as const)('finds its worker thread\'s script, and onnxruntime in there, from a %s', async (type) => {
      const library = type === 'module' ? 'await import(\'@sbgm/onnx\')' : 'require(\'@sbgm/onnx\')'
      const code = `const { findOnnxRuntime } = ${library}; findOnnxRuntime().then((found) => console.log(Object.keys(found).join()))`
      expect(await project.run(type, code)).toBe('version,devices\n')
    })
  }
})


/** What each entry gives to import and to require. */
async function namesIn(project: FreshProject, entries: readonly string[]) {
  const show = (get: string) => `for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(${get}).sort(); console.log(JSON.stringify(names))`
  const imported = JSON.parse(await project.run('module', `const names = {}; ${show('await import(entry)')}`)) as Record<string, string[]>
  const required = JSON.parse(await project.run('commonjs', `const names = {}; ${show('require(entry)')}`)) as Record<string, string[]>
  return { imported, required }
}

/** A file that compiles only where an entry declares exactly these values. */
function consumerOf(entry: string, names: readonly string[]): string {
  const values = names.map((value) => `${JSON.stringify(value)}: true`).join(', ')
  return `import * as library from '${entry}'\nexport const values: Record<keyof typeof library, true> = { ${values} }\n`
}
