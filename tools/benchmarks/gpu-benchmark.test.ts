import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openBackend } from '@sbgm/backends'
import { describe, expect, it } from 'vitest'
import { noAdapter, offerSwiftShader } from '../software-gpu'

const folderOf = (name: string) => new URL(`../../benchmarks/webgpu/${name}`, import.meta.url)
interface Outcome { readonly first: number; readonly milliseconds: readonly number[]; readonly error?: string }
const { readCommandLine } = (await import(folderOf('command-line.mjs').href)) as { readCommandLine: (argv: readonly string[]) => unknown }
const { inTurns, summary } = (await import(folderOf('in-turns.mjs').href)) as {
  inTurns: (runners: Readonly<Record<string, () => Promise<number>>>, rounds: number) => Promise<Record<string, Outcome>>
  summary: (values: readonly number[]) => unknown
}

describe('the options of npm run bench:gpu', () => {
  it('are by default what a card is measured with: the network and the batches of the profile full', () => {
    expect(readCommandLine([])).toEqual({
      network: { baseWidth: 32, multipliers: [1, 2, 2], blocksPerLevel: 2 },
      batches: { training: [128, 512], sampling: [64, 512] },
      rounds: 7, steps: 5, to: 'outputs/gpu-benchmark.json', twin: undefined, allowSoftwareAdapter: false, worker: undefined,
    })
  })

  it.each([
    [['--batches', '0'], "--batches must be whole numbers from 1, separated by commas; got '0'."],
    [['--sampling-batches', '64,x'], "--sampling-batches must be whole numbers from 1, separated by commas; got '64,x'."],
    [['--rounds', '1,2'], "--rounds must be one whole number from 1; got '1,2'."],
    [['--steps', '1.5'], "--steps must be whole numbers from 1, separated by commas; got '1.5'."],
    [['--network', '32:1,2'], "--network must be WIDTH:MULTIPLIERS:BLOCKS, such as 32:1,2,2:2; got '32:1,2'."],
    [['--network', '32:1:2:3'], "--network must be WIDTH:MULTIPLIERS:BLOCKS, such as 32:1,2,2:2; got '32:1:2:3'."],
  ])('%j are refused', (argv, message) => {
    expect(() => readCommandLine(argv)).toThrow(message)
  })
})

describe('runners in turns', () => {
  it('each have a first turn that is kept apart, then one per round, in their order', async () => {
    const turns: string[] = []
    const runner = (name: string, times: number[]) => () => (turns.push(name), Promise.resolve(times.shift() ?? NaN))
    const outcomes = await inTurns({ a: runner('a', [9, 1, 3]), b: runner('b', [8, 2, 4]) }, 2)
    expect(turns.join('')).toBe('ababab')
    expect(outcomes).toEqual({ a: { first: 9, milliseconds: [1, 3] }, b: { first: 8, milliseconds: [2, 4] } })
    expect(summary([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, values: [3, 1, 2] })
  })

  it('go on without one that fails, whose reason is kept and who has no further turn', async () => {
    let turns = 0
    const failing = () => (++turns === 2 ? Promise.reject(new Error('no memory')) : Promise.resolve(1))
    const outcomes = await inTurns({ failing, other: () => Promise.resolve(2) }, 3)
    expect(outcomes).toEqual({ failing: { first: 1, milliseconds: [], error: 'no memory' }, other: { first: 2, milliseconds: [2, 2, 2] } })
    expect(turns).toBe(2)
  })
})

// run by Node from the builds, as `npm run bench:gpu` does
it('npm run bench:gpu measures a small network on SwiftShader: our kernels, onnxruntime and TensorFlow.js compute the same, and the JSON file has all three', async (context) => {
  offerSwiftShader()
  const missing = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true }).then((backend) => backend.close(), String)
  if (missing !== undefined) return context.skip(noAdapter(missing))
  const folder = mkdtempSync(join(tmpdir(), 'sbgm-gpu-benchmark-'))
  try {
    const to = join(folder, 'deep/result.json')
    const options = ['--allow-software-adapter', '--network', '8:1:1', '--batches', '2', '--sampling-batches', '2', '--rounds', '1', '--steps', '1', '--to', to]
    const program = fileURLToPath(folderOf('training-and-sampling.mjs'))
    const { stdout: printed } = await promisify(execFile)(process.execPath, [program, ...options], { env: { ...process.env, PYTHON: join(folder, 'no-python') } })
    const { works, torch } = JSON.parse(readFileSync(to, 'utf8')) as { torch: { missing: string }; works: { work: string; runners: Record<string, { milliseconds: { values: number[] }; ratio?: { values: number[] }; memory?: { bytesAllocated: number }; results: number[] }> }[] }
    expect(torch.missing).toContain('No Python with torch')
    expect(works.map(({ work }) => work)).toEqual(['training', 'sampling'])
    for (const { runners: { '@sbgm': ours, ...others } } of works) {
      expect(Object.keys(others)).toEqual(['@sbgm/onnx', 'TensorFlow.js'])
      expect(ours.results).toHaveLength(2)
      for (const theirs of Object.values(others)) {
        ours.results.forEach((result, i) => expect(Math.abs(result / theirs.results[i] - 1)).toBeLessThan(1e-4))
        expect(theirs.ratio?.values).toEqual([ours.milliseconds.values[0] / theirs.milliseconds.values[0]])
      }
      expect(Math.min(ours.memory?.bytesAllocated ?? 0, others['TensorFlow.js'].memory?.bytesAllocated ?? 0)).toBeGreaterThan(0)
    }
    expect(printed).toContain('a software adapter: these times say nothing of a card')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 240_000)

it('benchmarks/webgpu/kernels.mjs compares every replaced kernel with TensorFlow.js’s at the shapes of a training step on SwiftShader, and they compute the same', async (context) => {
  offerSwiftShader()
  const missing = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true }).then((backend) => backend.close(), String)
  if (missing !== undefined) return context.skip(noAdapter(missing))
  const folder = mkdtempSync(join(tmpdir(), 'sbgm-gpu-kernels-'))
  try {
    const to = join(folder, 'deep/result.json')
    const program = fileURLToPath(folderOf('kernels.mjs'))
    const of = (...options: string[]) => promisify(execFile)(process.execPath, [program, '--network', '8:1:1', '--batch', '1', '--rounds', '1', '--shortest', '1', '--kernels', 'Conv2DBackpropFilter,Mean', ...options])
    await of('--allow-software-adapter', '--to', to)
    const { kernels } = JSON.parse(readFileSync(to, 'utf8')) as { kernels: { name: string; calls: number; difference: number; stock: { values: number[] }; ours: { values: number[] }; ratio: { values: number[] } }[] }
    expect(new Set(kernels.map(({ name }) => name))).toEqual(new Set(['Conv2DBackpropFilter', 'Mean']))
    for (const { calls, difference, stock, ours, ratio } of kernels) {
      expect(calls).toBeGreaterThan(0)
      expect(difference).toBeLessThan(1e-5)
      expect(ratio.values).toEqual([(ours.values[0] as number) / (stock.values[0] as number)])
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}, 120_000)
