import { readFileSync } from 'node:fs'
import * as backends from '@sbgm/backends'
import * as core from '@tensorflow/tfjs-core'
import ts from 'typescript'
import { expect, it } from 'vitest'

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const block = (language: string) => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(readme)?.[1] ?? ''

it('the example of the README runs against the library and prints what stands below it', async () => {
  const { outputText } = ts.transpileModule(block('ts'), { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
  const printed: string[] = []
  const packages: Readonly<Record<string, unknown>> = { '@sbgm/backends': backends, '@tensorflow/tfjs-core': core }
  const run = new Function('require', 'exports', 'console', `return (async () => {${outputText}})()`) as (...scope: unknown[]) => Promise<void>
  await run(
    (name: string) => packages[name] ?? expect.fail(`the example imports ${name}`),
    {},
    { log: (...line: unknown[]) => printed.push(line.join(' ')) },
  )
  expect(`${printed.join('\n')}\n`).toBe(block('text'))
})

it('the table of the README names everything that the library exports', () => {
  const rows = [...readme.matchAll(/^\|.*$/gm)].join('\n')
  for (const name of Object.keys(backends)) expect(rows).toContain(`\`${name}`)
})
