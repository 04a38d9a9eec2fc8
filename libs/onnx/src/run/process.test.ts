import { spawn } from 'node:child_process'
import { copyFileSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'tsup'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapterBy, offerSwiftShader } from '../../../../tools/software-gpu'
import options from '../../tsup.config'
import { openSession } from './session'
import { matrixPower, runningSum } from './tiny-model.fixture'

const root = fileURLToPath(new URL('../..', import.meta.url))
const outDir = `${root}.reports/process-test/` // below the package, so that its dependencies are found

beforeAll(async () => {
  await build({
    ...(options as Parameters<typeof build>[0]),
    config: false, dts: false, silent: true, skipNodeModulesBundle: true, entry: [`${root}src/run/session.ts`], outDir,
    onSuccess: async () => copyFileSync(`${root}src/run/session-worker.mjs`, `${outDir}session-worker.mjs`),
  })
}, 60_000)
afterAll(() => rmSync(outDir, { recursive: true, force: true }))

const literal = (model: Uint8Array) => `Uint8Array.from([${model.join(', ')}])`
const openIdle = `
const session = await openSession(${literal(runningSum(1))}, { threads: 2, state: [{ input: 'total', output: 'newTotal' }] })
await session.writeState({ total: { data: Float32Array.of(1), shape: [1] } })
const { scaled } = await session.run({ x: { data: Float32Array.of(2), shape: [1] }, scale: { data: Float32Array.of(3), shape: [] } })
console.log(scaled.data[0], Math.round(performance.now()))`

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly output: string
  readonly errors: string
  /** Milliseconds from the last output to the end. */
  readonly delay: number
}

function run(type: 'module' | 'commonjs', code: string): Promise<Ended> {
  const imports = type === 'module' ? 'import { openSession } from \'./session.js\'' : 'const { openSession } = require(\'./session.cjs\')'
  const child = spawn(process.execPath, [`--input-type=${type}`, '-'], { cwd: outDir })
  child.stdin.end(`${imports}\nconst main = async () => {${code}}\nmain()`)
  return new Promise((resolve) => {
    const [output, errors]: [string[], string[]] = [[], []]
    let last = performance.now()
    child.stdout.on('data', (text: Buffer) => {
      output.push(text.toString())
      last = performance.now()
    })
    child.stderr.on('data', (text: Buffer) => errors.push(text.toString()))
    child.on('close', (code, signal) => resolve({ code, signal, output: output.join(''), errors: errors.join(''), delay: performance.now() - last }))
  })
}

describe.each(['module', 'commonjs'] as const)('a program of the built %s', (type) => {
  const wellEnded = { code: 0, signal: null, errors: '', output: expect.stringMatching(/^9 \d+\n$/) as string }

  it('ends by itself after the last close', async () => {
    expect(await run(type, `${openIdle}\nawait session.close()`)).toMatchObject(wellEnded)
  })

  it('ends by itself with a session open and idle', async () => {
    expect(await run(type, openIdle)).toMatchObject(wellEnded)
  })

  it('is ended by process.exit at once, without a crash', async () => {
    const ended = await run(type, `${openIdle}\nsetInterval(() => undefined, 1e6)\nprocess.exit(0)`)
    expect(ended).toMatchObject(wellEnded)
    expect(ended.delay).toBeLessThan(2000) // tens of milliseconds on a quiet machine
  })

  it('is ended by process.exit during a run, once that run is over, without a crash', async () => {
    const ended = await run(type, `
      const session = await openSession(${literal(matrixPower(400, 40))}, { threads: 1 })
      session.run({ x: { data: new Float32Array(160000), shape: [400, 400] } })
      setTimeout(() => process.exit(5), 20)`)
    expect(ended).toMatchObject({ code: 5, signal: null, errors: '' })
  })

  it('is ended by process.exit while a model is opened, without a crash', async () => {
    const ended = await run(type, `openSession(${literal(matrixPower(4, 2000))}, { threads: 1 })\nsetTimeout(() => process.exit(5), 90)`)
    expect(ended).toMatchObject({ code: 5, signal: null, errors: '' })
  })
})

describe('a program with a session on a GPU', () => {
  const openOnGpu = openIdle.replace('threads: 2', "device: 'webgpu'")
  let missing = ''
  beforeAll(async () => {
    offerSwiftShader()
    await openSession(runningSum(1), { device: 'webgpu' }).then((session) => session.close(), (error: Error) => void (missing = noAdapterBy(error)))
  })
  beforeEach((context) => void (missing !== '' && context.skip(missing)))

  it.each([
    ['ends by itself after the last close', 'await session.close()'],
    ['ends by itself with the session open and idle', ''],
    ['is ended by process.exit at once, without a crash', 'setInterval(() => undefined, 1e6)\nprocess.exit(0)'],
    ['is ended by process.exit during a run, without a crash', 'void session.run({ x: { data: Float32Array.of(2), shape: [1] }, scale: { data: Float32Array.of(3), shape: [] } })\nsetTimeout(() => process.exit(0), 1)'],
  ])('%s', async (_, ending) => {
    expect(await run('module', `${openOnGpu}\n${ending}`)).toMatchObject({ code: 0, signal: null, errors: '', output: expect.stringMatching(/^9 \d+\n$/) as string })
  })
})

it('a program waits for a run that it has begun', async () => {
  const ended = await run('module', `
    const session = await openSession(${literal(matrixPower(200, 20))}, { threads: 1 })
    session.run({ x: { data: new Float32Array(40000), shape: [200, 200] } }).then(() => console.log('done'))`)
  expect(ended).toMatchObject({ code: 0, signal: null, errors: '', output: 'done\n' })
})
