import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hostSpace } from '@sbgm/sde-core'
import { setBackend } from '@tensorflow/tfjs-core'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { everySampler } from '../guided-sampling/every-sampler'
import { end, everyEnd, law, outcomeOf, parts, start, type Numbers, type Outcome } from './browser-program'
import { noChromium } from '../chromium'
import { launchChromium, openPage, type WatchedPage } from './headless-chromium'

const page = fileURLToPath(new URL('browser-page.ts', import.meta.url))
const wasm = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm'))
const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'

type Part = keyof typeof parts
type Outcomes = Readonly<Record<Exclude<Part, 'synchronous'>, Outcome>>

let browser: Browser | undefined
let bundle: Awaited<ReturnType<typeof bundled>>
/** What Node says: the same program on its cpu backend, from the sources; and every sampler's end in float64. */
let inNode: Outcomes
let exactEnds: Numbers

beforeAll(async () => {
  browser = await launchChromium()
  if (browser === undefined) return
  bundle = await bundled()
  await setBackend('cpu')
  inNode = await everyPart((part) => outcomeOf(part))
  exactEnds = await everyEnd(hostSpace)
}, 300_000)
afterAll(() => browser?.close(), 60_000)

/** A plain build, with no option that a user would have to know of. */
async function bundled() {
  const { outputFiles: [{ text }], metafile, warnings } = await build({ entryPoints: [page], bundle: true, format: 'esm', write: false, metafile: true, logLevel: 'silent' })
  return { text, warnings: warnings.map((warning) => warning.text), inputs: Object.keys(metafile.inputs) }
}

async function everyPart(run: (part: Part) => Promise<Outcome>): Promise<Outcomes> {
  const outcomes: [string, Outcome][] = []
  for (const part of Object.keys(parts) as Part[]) if (part !== 'synchronous') outcomes.push([part, await run(part)])
  return Object.fromEntries(outcomes) as Outcomes
}

/** The largest difference, in units of the largest number. */
function difference(found: readonly number[], expected: readonly number[]): number {
  expect(found.length).toBe(expected.length)
  return Math.max(...found.map((value, i) => Math.abs(value - expected[i]))) / Math.max(...expected.map(Math.abs))
}

it('a plain build by esbuild takes the ten libraries as they are published, and warns of nothing', (context) => {
  if (browser === undefined) return context.skip(noChromium)
  expect(bundle.warnings).toEqual([])
  const libraries = bundle.inputs.flatMap((input) => /(?:^|\/)libs\/([\w-]+)\/(\w+)/.exec(input)?.slice(1, 3).join('/') ?? [])
  expect([...new Set(libraries)].sort()).toEqual(['backends', 'datasets', 'evaluation', 'guidance', 'onnx', 'samplers', 'sde-core', 'training', 'unet', 'viz'].map((name) => `${name}/dist`))
})

describe.each(['cpu', 'wasm', 'webgl', 'webgpu'])('in headless Chromium, on %s', (backend) => {
  let active: string
  let opened: WatchedPage
  let outcomes: Outcomes
  let complaints: readonly string[]
  let synchronous: Outcome

  beforeAll(async () => {
    if (browser === undefined) return
    opened = await openPage(browser, (path) => {
      if (path === '/') return { contentType: 'text/html', body: html }
      if (path === '/page.js') return { contentType: 'text/javascript', body: bundle.text }
      return path.startsWith('/wasm/') ? { contentType: 'application/wasm', body: readFileSync(wasm + path.slice('/wasm'.length)) } : undefined
    })
    active = await opened.page.evaluate<string>(`activate('${backend}')`)
    if (active !== backend) return
    const run = (part: Part) => opened.page.evaluate<Outcome>(`outcomeOf('${part}')`)
    outcomes = await everyPart(run)
    complaints = [...opened.complaints]
    synchronous = await run('synchronous')
  }, 300_000)
  afterAll(() => opened?.page.close(), 60_000)

  beforeEach((context) => {
    if (browser === undefined) context.skip(noChromium)
    if (active !== backend) context.skip(`no ${backend} in this Chromium`)
  })

  // 1e-4 of the largest number is what every backend is held to by all tests of float32; its rounding makes 1e-7 to 1e-5 here.
  it('every sampler ends where it does in float64 in Node, 4 steps, seed 7 (1e-4; 1e-3 where steps depend on the noise)', () => {
    const ends = outcomes.everyEnd.numbers
    expect(Object.keys(ends).sort()).toEqual(everySampler.map(({ name }) => name).sort())
    for (const { name, make } of everySampler) {
      const { evaluationsPerStep, stochastic } = make()
      expect(difference(ends[name], exactEnds[name]), name).toBeLessThan(evaluationsPerStep === 'adaptive' && stochastic ? 1e-3 : 1e-4)
    }
  })

  it('DPM-Solver++(2M) in 32 steps is within 1e-2 of the closed form of the flow, its own error, and within 1e-4 of the same run in Node', () => {
    const { '2M': found } = outcomes.closedForm.numbers
    expect(difference(found, Array.from(law.flowMap(start, 1, end).data))).toBeLessThan(1e-2)
    expect(difference(found, inNode.closedForm.numbers['2M'])).toBeLessThan(1e-4)
  })

  it('a UNet\'s forward pass, sampling with guidance by it, a classifier\'s gradient and three losses in training are those of Node (1e-4)', () => {
    for (const part of ['networks', 'gradients'] as const) {
      for (const [name, numbers] of Object.entries(inNode[part].numbers)) expect(difference(outcomes[part].numbers[name], numbers), name).toBeLessThan(1e-4)
    }
  })

  it('noise, drawn points, a distance, a figure and an exported ONNX file are those of Node to the bit; a compiled network, eager here, to 1e-4 those of onnxruntime', () => {
    expect(outcomes.host.numbers).toEqual(inNode.host.numbers)
    expect(outcomes.onnx.numbers.file).toEqual(inNode.onnx.numbers.file)
    expect(difference(outcomes.onnx.numbers.compiled, inNode.onnx.numbers.compiled)).toBeLessThan(1e-4)
  })

  it('no tensor is left, and none is read synchronously but where the program does so itself', () => {
    for (const [part, { left, synchronousReads }] of Object.entries(outcomes)) expect({ part, left, synchronousReads }).toEqual({ part, left: 0, synchronousReads: [] })
    expect(synchronous.synchronousReads.length).toBeGreaterThan(0)
  })

  it('says nothing on the console, and asks for nothing that is not there', () => expect(complaints).toEqual([]))
})
