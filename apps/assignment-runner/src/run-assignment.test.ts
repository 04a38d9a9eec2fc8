import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { findOnnxRuntime } from '@sbgm/onnx'
import { describe, expect, it } from 'vitest'
import { atMost, within } from './bar'
import { UsageError } from './errors'
import type { RunOptions } from './options'
import type { PartContext } from './part'
import { runAssignment } from './run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from './stand-in-host'

const json = (...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as Record<string, unknown>
const lines = (text: string) => text.trimEnd().split('\n')

describe('a run', () => {
  it('hands each part its folder, profile, seed, engine and options, in order, and writes their metrics', () =>
    inTemporaryFolder(async (out) => {
      const seen: PartContext[] = []
      const run = (context: PartContext) => {
        seen.push(context)
        return Promise.resolve({ metrics: { curve: new Float64Array([1, 2]), bars: 'no' }, bars: [atMost('e', 1, 2)] })
      }
      const host = standInHost([standInPart(2, { run }), standInPart(1, { run })])
      expect(await runAssignment(['--out', out, '--seed', '5', '--profile', 'smoke'], host)).toBe(0)
      expect(seen.map(({ folder }) => folder.path)).toEqual([join(out, 'part1'), join(out, 'part2')])
      expect(seen[0]).toMatchObject({ seed: 5, profile: 'smoke', resume: false })
      expect(seen[0]?.engine).toMatchObject({ engine: 'cpu', gradients: true })
      expect(seen[0]?.options).toMatchObject({ seed: 5, out, parts: [1, 2] })
      expect(json(out, 'part1', 'metrics.json')).toEqual({
        bars: [{ name: 'e', value: 1, limit: 2, pass: true }],
        curve: [1, 2],
      })
      expect(host.engine.opened()).toBe(1)
      expect(host.engine.closed()).toBe(1)
      expect(host.said.stderr()).toBe('')
    }))

  it('says which engine computes and why before the work, and all bars, times and the folder after it', () =>
    inTemporaryFolder(async (out) => {
      const run = ({ progress }: PartContext) => {
        progress.note('the work')
        return Promise.resolve({ metrics: {}, bars: [atMost('score error', 0.04, 0.05), within('mean', 3.2, 3, 0.05)] })
      }
      const host = standInHost([standInPart(1, { run, title: 'one dimension' })])
      expect(await runAssignment(['--out', out], host)).toBe(0)
      const said = host.said.stdout()
      expect(said.indexOf('engine cpu (tfjs backend cpu 4.22.0')).toBeLessThan(said.indexOf('the work'))
      expect(said).toContain('the stand-in of a test.')
      expect(said).toMatch(/part 1 {2}score error {2}0\.04 {3}≤ 0\.05 {7}met/)
      expect(said).toMatch(/part 1 {2}mean {9}3\.2 {4}2\.95 … 3\.05 {2}MISSED/)
      expect(said).toContain('1 of 2 bars MISSED.')
      expect(said).toMatch(/Part 1, one dimension: 0\.\d s/)
      expect(said).toContain(`Outputs: ${out}`)
    }))

  it('runs only the parts asked for', () =>
    inTemporaryFolder(async (out) => {
      const parts = [standInPart(1), standInPart(3)]
      expect(await runAssignment(['--parts', '3', '--out', out], standInHost(parts))).toBe(0)
      expect(parts.map(({ runs }) => runs())).toEqual([0, 1])
    }))

  it('has every part that is asked for check options and images before any of them works, and ends where one refuses', () =>
    inTemporaryFolder(async (out) => {
      const refusing = { check: ({ class: wanted }: RunOptions, data?: { readonly name: string }) => { throw new UsageError(`no ${wanted} in ${data?.name}`) }, reads: ['dataset', 'class'] as const }
      const parts = [standInPart(1), standInPart(4, refusing)]
      const host = standInHost(parts)
      expect(await runAssignment(['--out', out, '--dataset', 'digits', '--class', 'A'], host)).toBe(2)
      expect(host.said.stderr()).toBe('error: no A in digits\n')
      expect(parts.map(({ runs }) => runs())).toEqual([0, 0])
      expect(await runAssignment(['--out', out, '--parts', '1'], host)).toBe(0)
    }))

  it('resumed with its engine left open says that the earlier run had it, not that anybody asked for it', () =>
    inTemporaryFolder(async (out) => {
      const engineLine = async (...words: readonly string[]) => {
        const host = standInHost([standInPart(1)], { openBackend })
        expect(await runAssignment(['--parts', '1', '--out', out, ...words], host)).toBe(0)
        return [lines(host.said.stdout()).find((line) => line.startsWith('engine ')), (json(out, 'manifest.json') as { engine: { reason: string } }).engine.reason]
      }
      const because = (reason: string) => [expect.stringMatching(new RegExp(`^engine cpu .*: ${reason}$`)), reason]
      expect(await engineLine('--engine', 'cpu')).toEqual(because('asked for by name.'))
      expect(await engineLine('--resume')).toEqual(because('as the run that is resumed had it.'))
      expect(await engineLine('--resume', '--engine', 'cpu')).toEqual(because('asked for by name.'))
    }))

  it('does the comparison last, in a folder of its name, and names it so in progress, summary and manifest', () =>
    inTemporaryFolder(async (out) => {
      const order: string[] = []
      const noted = (name: string) => ({ run: ({ folder }: PartContext) => (order.push(name), folder.write('a.txt', name), Promise.resolve({ metrics: {}, bars: [atMost('e', 1, 2)] })) })
      const host = standInHost([standInPart('compare', { ...noted('compare'), title: 'samplers' }), standInPart(3, noted('3'))])
      expect(await runAssignment(['--parts', 'compare,3', '--out', out], host)).toBe(0)
      expect(order).toEqual(['3', 'compare'])
      expect(readdirSync(join(out, 'compare')).sort()).toEqual(['a.txt', 'metrics.json'])
      expect(host.said.stdout()).toContain('\nCompare, samplers\n')
      expect(host.said.stdout()).toMatch(/\ncompare {2}e +1 +≤ 2 +met/)
      const { parts, configuration } = json(out, 'manifest.json') as { parts: { part: unknown }[]; configuration: Record<string, unknown> }
      expect([parts.map(({ part }) => part), configuration['parts']]).toEqual([[3, 'compare'], [3, 'compare']])
      const again = standInHost([standInPart('compare'), standInPart(3)])
      expect(await runAssignment(['--parts', '3,compare', '--resume', '--out', out], again)).toBe(0)
      expect(again.said.stdout()).toContain('Compare, stand-in compare: skipped, done by an earlier run')
    }))

  it('takes quick for the profile auto on an engine that is no GPU', () =>
    inTemporaryFolder(async (out) => {
      await runAssignment(['--out', out], standInHost([standInPart(1)]))
      expect(json(out, 'manifest.json')).toMatchObject({ configuration: { profile: 'quick' } })
    }))

  it('says of a given option that no part of the run reads it, and records it', () =>
    inTemporaryFolder(async (out) => {
      const parts = [standInPart(1), standInPart(2, { reads: ['dataset'] })]
      const argv = ['--dataset', 'digits', '--student-id', '007', '--sampler', 'ddim', '--steps', '5', '--gammas', '2', '--class', 'Sandal', '--inpainting', '--out', out]
      const host = standInHost(parts)
      await runAssignment([...argv, '--parts', '1'], host)
      expect(host.said.stdout()).toContain('--dataset is recorded in the manifest; no part of this run reads it')
      for (const flag of ['--student-id', '--sampler', '--steps', '--gammas', '--class', '--inpainting']) expect(host.said.stdout()).toContain(`${flag} is recorded`)
      expect(json(out, 'manifest.json')).toMatchObject({ configuration: { dataset: 'digits', studentId: '007', sampler: 'ddim', steps: 5, gammas: '2', class: 'Sandal', inpainting: 'given' } })
      const other = standInHost(parts)
      await runAssignment([...argv, '--parts', '2'], other)
      expect(other.said.stdout()).not.toContain('--dataset is recorded')
    }))
})

describe('exit codes', () => {
  it('0 for --help and --version, on stdout, without opening an engine', async () => {
    for (const flag of ['--help', '--version']) {
      const host = standInHost([standInPart(1)])
      expect(await runAssignment([flag], host)).toBe(0)
      expect(host.said.stdout()).not.toBe('')
      expect(host.said.stderr()).toBe('')
      expect(host.engine.opened()).toBe(0)
    }
  })

  it('2 for a wrong command line, with one line on stderr and nothing done', () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out')
      for (const wrong of [['--sed', '1'], ['--seed', '1.5'], ['--parts', '2'], ['--profile', 'fast'], ['stray']]) {
        const part = standInPart(1)
        const host = standInHost([part])
        expect(await runAssignment(['--out', out, ...wrong], host)).toBe(2)
        expect(lines(host.said.stderr())).toHaveLength(1)
        expect(host.said.stdout()).toBe('')
        expect(part.runs() + host.engine.opened()).toBe(0)
      }
      expect(existsSync(out)).toBe(false)
    }))

  it('1 for a --data-dir that does not exist or is a file, before any work', () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), '')
      for (const [name, state] of [['none', 'there is nothing of that name'], ['file', 'that is no folder']] as const) {
        const host = standInHost([standInPart(1)])
        const argv = ['--data-dir', join(folder, name), '--out', join(folder, 'out')]
        expect(await runAssignment(argv, host)).toBe(1)
        expect(host.said.stderr()).toContain(`must be a folder that exists; got '${join(folder, name)}': ${state}`)
        expect(existsSync(join(folder, 'out'))).toBe(false)
      }
    }))

  it('1 for an --out that cannot be written to: a file in its place, or a path below a file', () =>
    inTemporaryFolder(async (folder) => {
      writeFileSync(join(folder, 'file'), 'mine')
      for (const out of [join(folder, 'file'), join(folder, 'file', 'below')]) {
        const part = standInPart(1)
        const host = standInHost([part])
        expect(await runAssignment(['--out', out], host)).toBe(1)
        expect(lines(host.said.stderr())).toHaveLength(1)
        expect(host.said.stderr()).toContain(`must be a folder that can be written to; got '${out}': a file stands`)
        expect(part.runs() + host.engine.opened()).toBe(0)
      }
      expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('mine')
    }))

  it('1 for an engine that is not there, with its remedy, before any part', () =>
    inTemporaryFolder(async (out) => {
      const part = standInPart(1)
      const host = standInHost([part])
      expect(await runAssignment(['--engine', 'webgpu', '--out', out], host)).toBe(1)
      expect(host.said.stderr()).toBe("error: Engine 'webgpu' is not there. Choose 'cpu'.\n")
      expect(part.runs()).toBe(0)
    }))

  it('1 for onnx where onnxruntime-node cannot be loaded, with what to do; no other engine is opened', () =>
    inTemporaryFolder(async (out) => {
      const host = standInHost([standInPart(1)])
      expect(await runAssignment(['--engine', 'onnx', '--out', out], host)).toBe(1)
      expect(host.said.stderr()).toBe('error: --engine onnx cannot be had here; give another, such as --engine wasm. This test has no onnxruntime-node.\n')
      expect(host.engine.opened()).toBe(0)
    }))

  it('1 for a part that throws: one line, recorded as failed with its files, no later part begun, engine closed', () =>
    inTemporaryFolder(async (out) => {
      const later = standInPart(2)
      const run = ({ folder }: PartContext) => {
        folder.write('before.txt', 'kept')
        return Promise.reject(new Error('NaN in the state at step 3,\n  t = 0.997'))
      }
      const host = standInHost([standInPart(1, { run }), later])
      expect(await runAssignment(['--out', out], host)).toBe(1)
      expect(host.said.stderr()).toBe('error: NaN in the state at step 3, t = 0.997\n')
      expect(json(out, 'manifest.json')).toMatchObject({
        parts: [{ part: 1, status: 'failed', bars: [], files: [{ path: 'part1/before.txt' }] }],
      })
      expect(later.runs()).toBe(0)
      expect(host.engine.closed()).toBe(1)
    }))

  it('the stack of an error is shown with SBGM_DEBUG=1 only', () =>
    inTemporaryFolder(async (out) => {
      const part = standInPart(1, { run: () => Promise.reject(new Error('broken')) })
      const host = standInHost([part], { env: { SBGM_DEBUG: '1' } })
      expect(await runAssignment(['--out', out], host)).toBe(1)
      expect(host.said.stderr()).toContain('run-assignment.test.ts')
    }))

  it('3 for a missed bar with --strict, 0 without; a NaN is a missed bar', () =>
    inTemporaryFolder(async (out) => {
      const missed = standInPart(1, { run: () => Promise.resolve({ metrics: {}, bars: [atMost('e', NaN, 1)] }) })
      expect(await runAssignment(['--out', out], standInHost([missed]))).toBe(0)
      expect(await runAssignment(['--out', out, '--strict'], standInHost([missed]))).toBe(3)
      expect(await runAssignment(['--out', out, '--strict'], standInHost([standInPart(1)]))).toBe(0)
      expect(json(out, 'part1', 'metrics.json')).toMatchObject({ bars: [{ pass: true }] })
    }))

  it('1 where a file cannot be written in the middle of a part, naming it, with nothing half-written', () =>
    inTemporaryFolder(async (out) => {
      mkdirSync(join(out, 'part1', 'taken'), { recursive: true })
      const run = ({ folder }: PartContext) => {
        folder.write('taken', 'x')
        return Promise.resolve({ metrics: {}, bars: [] })
      }
      const host = standInHost([standInPart(1, { run })])
      expect(await runAssignment(['--out', out], host)).toBe(1)
      expect(host.said.stderr()).toContain('cannot write part1/taken')
      expect(readdirSync(join(out, 'part1'))).toEqual(['taken'])
    }))
})

describe('with the engines of @sbgm/backends', () => {
  it('opens cpu by name, reports it, and closes it', () =>
    inTemporaryFolder(async (out) => {
      const host = standInHost([standInPart(1)], { openBackend })
      expect(await runAssignment(['--engine', 'cpu', '--out', out], host)).toBe(0)
      expect(host.said.stdout()).toMatch(/engine cpu .*asked for by name/)
      expect(json(out, 'manifest.json')).toMatchObject({ engine: { engine: 'cpu', backend: 'cpu', gradients: true } })
    }))

  it('onnx is taken by itself, and the manifest says which onnxruntime runs on how many threads, beside which backend', () =>
    inTemporaryFolder(async (out) => {
      const host = standInHost([standInPart(1)], { openBackend, findOnnxRuntime })
      expect(await runAssignment(['--out', out], host)).toBe(0)
      expect(host.said.stdout()).toMatch(/engine onnx \(onnxruntime-node 1\.30\.0 on \d+ threads?; tfjs backend wasm 4\.22\.0 for the rest\): /)
      expect(json(out, 'manifest.json')).toMatchObject({
        engine: { engine: 'onnx', backend: 'wasm', onnxruntime: { version: '1.30.0', threads: availableParallelism() } },
        determinism: { promise: 'bit-identical' },
        libraries: { 'onnxruntime-node': '1.30.0' },
      })
    }))

  it('an engine that this version cannot open is exit code 1 and one line with the remedy', () =>
    inTemporaryFolder(async (out) => {
      const host = standInHost([standInPart(1)], { openBackend })
      expect(await runAssignment(['--engine', 'node-gpu', '--out', out], host)).toBe(1)
      expect(lines(host.said.stderr())).toHaveLength(1)
      expect(host.said.stderr()).toMatch(/node-gpu.*Install .* or choose engine 'webgpu'/)
    }))
})
