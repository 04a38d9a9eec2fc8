import { readFileSync } from 'node:fs'
import * as evaluation from '@sbgm/evaluation'
import ts from 'typescript'
import { expect, it } from 'vitest'

const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
const block = (language: string) => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(readme)?.[1] ?? ''

it('the example of the README runs against the library and prints what stands below it', () => {
  const { outputText } = ts.transpileModule(block('ts'), { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
  const printed: string[] = []
  const packages: Readonly<Record<string, unknown>> = { '@sbgm/evaluation': evaluation }
  new Function('require', 'exports', 'console', outputText)(
    (name: string) => packages[name] ?? expect.fail(`the example imports ${name}`),
    {},
    { log: (...line: unknown[]) => printed.push(line.join(' ')) },
  )
  expect(`${printed.join('\n')}\n`).toBe(block('text'))
})

it('the table of the README names every function of the library, and no other', () => {
  const named = [...readme.matchAll(/^\|.*$/gm)].flatMap(([row]) => [...row.matchAll(/`(\w+)\(/g)].map((match) => match[1]))
  expect(named.toSorted()).toEqual(Object.keys(evaluation).toSorted())
})
