import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { decode } from 'fast-png'
import ts from 'typescript'
import { afterAll, expect, it } from 'vitest'

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
const snippets = [...readme.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(([, code]) => code)
const root = fileURLToPath(new URL('.', import.meta.url))
const file = `${root}readme-snippet.generated.ts` // here, so that '@sbgm/viz' is this package

afterAll(() => rmSync(file, { force: true }))

it('runs the snippet of the README word for word, and it draws an SVG and a PNG of twice its size', async () => {
  expect(snippets).toHaveLength(1)
  writeFileSync(file, snippets[0])
  const { svg, png } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { svg: string; png: Uint8Array }
  expect(svg).toContain('What 2,000 samples say')
  expect(decode(png).width).toBe(2400)
})

it('has a snippet without type errors', () => {
  writeFileSync(file, snippets[0])
  const config = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root)
  const program = ts.createProgram([file], { ...options, noEmit: true })
  const problems = ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
  expect(problems).toEqual([])
})
