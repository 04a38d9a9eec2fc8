import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { afterAll, beforeAll, expect, it } from 'vitest'
import options from '../tsup.config'

const root = fileURLToPath(new URL('..', import.meta.url))
const outDir = `${root}.reports/` // beside fonts/, as dist/ is

beforeAll(async () => {
  await build({ ...(options as Parameters<typeof build>[0]), config: false, dts: false, silent: true, skipNodeModulesBundle: true, entry: [`${root}src/index.ts`, `${root}src/png.ts`], outDir })
}, 60_000)
afterAll(() => rmSync(outDir, { recursive: true, force: true }))

const draw = `
console.log(animation([{ images: Uint8Array.of(0, 9), count: 1, height: 1, width: 2 }]).length)
const svg = figure({ title: '∇ log p', width: 300, rows: [{ height: 60, cells: [panel({ layers: [line({ x: [0, 1], y: [0, 1] })] })] }] })
renderPng(svg, { scale: 1 }).then((png) => console.log(Buffer.from(png).subarray(1, 4).toString(), png.length))`

const run = (type: 'module' | 'commonjs', imports: string): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, '-e', imports + draw], { cwd: outDir, encoding: 'utf8' })

it('draws the same GIF and PNG from the built ES module and from the built CommonJS, each finding the fonts by itself', () => {
  const esm = run('module', `import { animation, figure, line, panel } from './index.js'\nimport { renderPng } from './png.js'`)
  const cjs = run('commonjs', `const { animation, figure, line, panel } = require('./index.cjs')\nconst { renderPng } = require('./png.cjs')`)
  expect(esm).toMatch(/^\d{3}\nPNG \d{4,}\n$/)
  expect(cjs).toBe(esm)
})

it('keeps resvg, fonts and Node out of what a browser loads', () => {
  const packages = (file: string): string[] => {
    const names = [...readFileSync(outDir + file, 'utf8').matchAll(/(?:from|import\()\s*["']([^"']+)["']/g)].map(([, name]) => name)
    return names.flatMap((name) => (name.startsWith('./') ? packages(name.slice(2)) : [name]))
  }
  expect([...new Set(packages('index.js'))].sort()).toEqual(['d3-scale', 'd3-scale-chromatic', 'd3-shape', 'fast-png', 'gifenc'])
  expect(packages('png.js')).toContain('@resvg/resvg-js')
})
