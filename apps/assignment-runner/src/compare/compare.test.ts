import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { findOnnxRuntime } from '@sbgm/onnx'
import { vpSde } from '@sbgm/sde-core'
import { decodeSafetensors } from '@sbgm/training'
import { memory } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { samplerMethod } from '../images/sampler-choice'
import type { Part } from '../part'
import { part3 } from '../part3/part3'
import type { Progress } from '../progress'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { cellsOf } from './cells'
import { compare } from './compare'
import { compareSettings } from './settings'
import { wholeProgress } from './whole-progress'

describe('the cells', () => {
  const cells = cellsOf(compareSettings.quick, vpSde())

  it('take as many steps as fit into their budget, one more would not, and the adaptive samplers stand there once', () => {
    for (const { budget, plan: { name, evaluations, sampler } } of cells) {
      if (budget === 'none') expect(samplerMethod(name).steps).toBe('its own choice')
      else {
        expect(evaluations).toBeLessThanOrEqual(budget)
        expect(Number(evaluations) + Number(sampler.evaluationsPerStep)).toBeGreaterThan(budget)
      }
    }
    expect(cells.filter(({ budget }) => budget === 'none').map(({ plan }) => plan.name)).toEqual(['dormand-prince', 'adaptive-sde'])
  })

  it('leave out what a sampler cannot do in its budget, have names of their own, and cost fewer than 3000 evaluations in quick', () => {
    expect(cells.filter(({ plan }) => plan.name === 'dpm-solver-plus-plus-3m').map(({ budget }) => budget)).toEqual([10, 20, 50, 100])
    expect(new Set(cells.map(({ name }) => name)).size).toBe(cells.length)
    expect(cells.reduce((sum, { plan: { evaluations } }) => sum + (typeof evaluations === 'number' ? evaluations : 0), 0)).toBeLessThan(3000)
  })
})

it('stages that are shares of a whole advance it by their share, and what an earlier run did is no part of its rate', () => {
  const said: unknown[] = []
  const progress: Progress = {
    note: () => undefined,
    stage: (name, total) => {
      said.push([name, total])
      return { advance: (done, detail) => void said.push(['advance', done, detail]), skip: (done) => void said.push(['skip', done]), end: () => void said.push('end') }
    },
  }
  const whole = wholeProgress(progress, 'all', 100)
  const first = whole.share(20).stage('first', 4)
  first.skip(2)
  first.advance(2, 'batch 1')
  first.advance(4, 'batch 2')
  first.end()
  whole.share(80).stage('second', 8).advance(2)
  whole.end()
  expect(said).toEqual([['all', 100], ['skip', 10], ['advance', 10, undefined], ['advance', 20, 'first, batch 2'], ['advance', 40, 'second'], 'end'])
})

const smoke = async (out: string, argv: readonly string[], parts: readonly Part[] = [part3, compare]) => {
  const host = standInHost(parts, { openBackend, findOnnxRuntime, loadDataset })
  const code = await runAssignment(['--profile', 'smoke', '--dataset', 'digits', '--out', out, ...argv], host)
  return { code, said: host.said.stdout() + host.said.stderr() }
}
const listed = (folder: string) => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).sort()
const contents = (folder: string) => Object.fromEntries(listed(folder).map((path) => [path.slice(folder.length), readFileSync(path).toString('base64')]))
interface Metrics { readonly model: string; readonly own: Row; readonly cells: readonly Row[] }
interface Row { readonly sampler: string; readonly steps: number | string; readonly budget: number | string; readonly evaluations: number; readonly frechet: number; readonly confidentShare: number }

/** The comparison, with the run cut off when the whole has come so far. */
const cutAt = (at: number): Part => ({
  ...compare,
  run(context) {
    const controller = new AbortController()
    const stage = (name: string, total: number) => {
      const real = context.progress.stage(name, total)
      return { ...real, advance: (done: number, detail?: string) => (name === 'comparing samplers' && done >= at && controller.abort(new Error('cut here')), real.advance(done, detail)) }
    }
    return compare.run({ ...context, progress: { ...context.progress, stage }, signal: controller.signal })
  },
})

describe('--parts compare in the smoke profile, through the command line', { timeout: 600_000 }, () => {
  it('behind part 3 takes its network and its samples, writes tables, plot, pictures and numbers, goes on where it was cut off, and leaves no tensor behind', () =>
    inTemporaryFolder(async (out) => {
      const backend = await openBackend({ engine: 'wasm' })
      const before = memory().numTensors
      await smoke(out, ['--parts', '3'])
      const ofPart3 = contents(join(out, 'part3'))
      const { code, said } = await smoke(out, ['--parts', 'compare'])
      expect(code, said).toBe(0)
      expect(memory().numTensors).toBe(before)
      await backend.close()
      expect(said).toContain("score network: part 3's")
      expect(contents(join(out, 'part3'))).toEqual(ofPart3)

      const folder = join(out, 'compare')
      const { model, own, cells } = JSON.parse(readFileSync(join(folder, 'metrics.json'), 'utf8')) as Metrics
      expect(own).toMatchObject({ sampler: 'euler-maruyama', steps: 20, evaluations: 20 })
      expect(existsSync(join(folder, 'samples', 'reverse-sde-1.safetensors'))).toBe(false) // they lie in part 3
      const planned = cellsOf(compareSettings.smoke, vpSde())
      expect(cells.map(({ sampler, budget, steps }) => [sampler, budget, steps])).toEqual(planned.map(({ plan, budget }) => [plan.name, budget, plan.steps]))
      planned.forEach(({ plan }, i) => plan.evaluations !== 'as many as it takes' && expect(cells[i].evaluations).toBe(plan.evaluations))
      for (const { name } of planned) for (const batch of [1, 2]) {
        const { tensors, metadata } = decodeSafetensors(readFileSync(join(folder, 'samples', `${name}-${batch}.safetensors`)))
        expect([tensors['images'].shape[0], metadata['model']]).toEqual([16, model])
      }

      const report = readFileSync(join(folder, 'README.md'), 'utf8')
      expect(report).not.toMatch(/undefined|NaN|\[object|Infinity/)
      for (const [, link] of report.matchAll(/\]\(([^)]+)\)/g)) expect(existsSync(join(folder, link)), link).toBe(true)
      const rowOf = (sampler: string) => report.split('\n').find((line) => line.startsWith(`| \`${sampler}\``))
      const ddim = cells.filter(({ sampler }) => sampler === 'ddim').map(({ frechet }) => String(Number(frechet.toPrecision(3))))
      expect(rowOf('ddim')).toBe(`| \`ddim\` | probability flow | ${ddim.join(' | ')} |`)
      expect(rowOf('edm-heun')).toMatch(/\| [0-9.]+ \(4\) \| [0-9.]+ \|$/)
      expect(rowOf('dpm-solver-plus-plus-3m')).toMatch(/\| {2}\| [0-9.]+ \|$/)
      const plot = readFileSync(join(folder, 'quality.svg'), 'utf8')
      for (const title of ['drawn digits', 'real images', 'UniPC-2', 'part 3', 'evaluations of the network per image']) expect(plot).toContain(title)
      const manifest = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as { parts: { part: unknown; files: { path: string }[] }[] }
      expect(manifest.parts.map(({ part }) => part)).toEqual([3, 'compare'])
      expect(manifest.parts[1].files.map(({ path }) => join(out, path))).toEqual(listed(folder))

      const whole = contents(folder)
      rmSync(folder, { recursive: true })
      expect((await smoke(out, ['--parts', 'compare'], [part3, cutAt(100)])).code).toBe(1)
      const kept = readdirSync(join(folder, 'samples')).length
      expect(kept).toBeGreaterThan(4)
      const again = await smoke(out, ['--parts', 'compare', '--resume'])
      expect(again.code, again.said).toBe(0)
      expect(contents(folder)).toEqual(whole)
    }))

  it('alone trains part 3\'s network first, and says so; all samplers start from the same noise as part 3 does', () =>
    inTemporaryFolder(async (out) => {
      const { code, said } = await smoke(out, ['--parts', 'compare'])
      expect(code, said).toBe(0)
      expect(said).toContain('part 3 is not complete here with this configuration, so its network is trained first')
      const [apart, together] = [join(out, 'apart'), join(out, 'compare', 'samples', 'reverse-sde-1.safetensors')]
      await smoke(apart, ['--parts', '3'])
      const images = (path: string) => decodeSafetensors(readFileSync(path)).tensors['images'].data
      expect(images(together)).toEqual(images(join(apart, 'part3', 'samples', 'reverse-sde-1.safetensors')))
      expect((JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as { parts: { part: unknown }[] }).parts.map(({ part }) => part)).toEqual(['compare'])
    }))
})
