import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { findOnnxRuntime } from '@sbgm/onnx'
import { decodeSafetensors } from '@sbgm/training'
import { eulerMaruyama, lastState } from '@sbgm/samplers'
import { predictor, reverseSde, samplePrior, tensorSpace, uniformGrid } from '@sbgm/sde-core'
import { scoreMlp } from '@sbgm/unet'
import { add, memory } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { Bar } from '../bar'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { part1 } from './part1'
import { sde } from './problem'

const smokeOn = async (engine: 'wasm' | 'onnx', out: string, ...more: string[]) => {
  const host = standInHost([part1], { openBackend, findOnnxRuntime })
  const code = await runAssignment(['--profile', 'smoke', '--engine', engine, '--out', out, ...more], host)
  return { code, said: host.said.stdout() + host.said.stderr() }
}
const smoke = (out: string, ...more: string[]) => smokeOn('wasm', out, ...more)
const read = (out: string, name: string) => readFileSync(join(out, 'part1', name))
const metricsOf = (out: string) => JSON.parse(read(out, 'metrics.json').toString()) as Record<string, never> & { bars: Bar[]; reached: Record<string, number> }
const figures = ['score', 'score-error', 'forward-sde', 'forward-ode', 'reverse-sde', 'reverse-ode', 'ends', 'learned-against-exact']

/** sha256 of every file, metrics.json among them: nothing in them tells the time it took. */
const fingerprint = (out: string) =>
  Object.fromEntries(
    readdirSync(join(out, 'part1')).map((name) => [name, createHash('sha256').update(read(out, name)).digest('hex')]),
  )

describe('part 1 in the smoke profile, through the command line, on wasm', () => {
  it('writes every figure as SVG and PNG, the checkpoint, metrics with their bars, and a report that shows the figures and the closed form', async () => {
    await inTemporaryFolder(async (out) => {
      const { code, said } = await smoke(out)
      expect(code, said).toBe(0)
      for (const name of figures) {
        expect(read(out, `${name}.svg`).toString().startsWith('<svg')).toBe(true)
        expect([...read(out, `${name}.png`).subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('')).toBe('PNG')
      }
      const report = read(out, 'README.md').toString()
      figures.forEach((name) => expect(report).toContain(`](${name}.png)`))
      expect(report).toContain('\\nabla_{x_t} \\log p_t(x_t \\mid x_0) = -\\frac{x_t - \\alpha(t)\\,x_0}{\\sigma(t)^2}')
      expect(report).not.toMatch(/undefined|NaN|\[object/)
      const { tensors, metadata } = decodeSafetensors(read(out, 'score-network.safetensors'))
      expect(tensors['input.kernel'].shape).toEqual([1, 16])
      expect(metadata['network']).toContain('"predicts":"v"')
      const { bars, reached } = metricsOf(out)
      expect(bars).toHaveLength(17)
      bars.forEach(({ name, value, pass }) => {
        expect(Number.isFinite(value), name).toBe(true)
        expect(said).toContain(name)
        expect(typeof pass).toBe('boolean')
      })
      expect(reached['points']).toBe(2000)
    })
  })

  it('makes the same bytes for the same seed and others for another', async () => {
    await inTemporaryFolder(async (out) => {
      const folders = ['a', 'b', 'c'].map((name) => join(out, name))
      await smoke(folders[0], '--seed', '5')
      await smoke(folders[1], '--seed', '5')
      await smoke(folders[2], '--seed', '6')
      const [a, b, c] = folders.map(fingerprint)
      expect(a).toEqual(b)
      for (const name of ['score-network.safetensors', 'forward-sde.svg', 'reverse-sde.png']) expect(a[name]).not.toBe(c[name])
    })
  })

  it('interrupted after its training, goes on with the trained network and ends with the same bytes as a whole run', async () => {
    await inTemporaryFolder(async (out) => {
      const [whole, cut] = [join(out, 'whole'), join(out, 'cut')]
      await smoke(whole)
      const interrupting = standInHost([
        {
          ...part1,
          run(context) {
            const controller = new AbortController()
            const progress = { ...context.progress, stage: (name: string, total: number) => (name === 'forward SDE' && controller.abort(new Error('cut here')), context.progress.stage(name, total)) }
            return part1.run({ ...context, progress, signal: controller.signal })
          },
        },
      ], { openBackend })
      expect(await runAssignment(['--profile', 'smoke', '--engine', 'wasm', '--out', cut], interrupting)).toBe(1)
      expect(readdirSync(join(cut, 'part1')).sort()).toEqual(['score-network.safetensors', 'training-loss.json'])
      const { code, said } = await smoke(cut, '--resume')
      expect(code, said).toBe(0)
      expect(said).toContain('taken from the earlier run')
      expect(fingerprint(cut)).toEqual(fingerprint(whole))
    })
  })

  it('leaves no tensor behind', async () => {
    await inTemporaryFolder(async (out) => {
      const backend = await openBackend({ engine: 'wasm' })
      const before = memory().numTensors
      await smoke(out)
      expect(memory().numTensors).toBe(before)
      await backend.close()
    })
  })
})

describe('part 1 in the smoke profile on onnx', () => {
  it('makes the same bytes twice, leaves no tensor behind, and every bar has the value that it has on wasm to 1 % of its size', async () => {
    await inTemporaryFolder(async (out) => {
      const folders = ['a', 'b', 'wasm'].map((name) => join(out, name))
      const backend = await openBackend({ engine: 'wasm' })
      const before = memory().numTensors
      await smokeOn('onnx', folders[0])
      await smokeOn('onnx', folders[1])
      expect(memory().numTensors).toBe(before)
      await smokeOn('wasm', folders[2])
      await backend.close()
      expect(fingerprint(folders[1])).toEqual(fingerprint(folders[0]))
      const [onnx, wasm] = [folders[0], folders[2]].map((folder) => metricsOf(folder).bars)
      onnx.forEach(({ name, value }, i) => expect(Math.abs(value - wasm[i].value), name).toBeLessThan(0.01 * Math.abs(wasm[i].value)))
    })
  })
})

describe('the promise of bit-identical repetition on wasm', () => {
  it('holds for any batch size, network included: samples 7 and 8 of 64 have the same bits alone, after 20 reverse steps (seed 3)', async () => {
    const backend = await openBackend({ engine: 'wasm' })
    const network = scoreMlp({ dim: 1, predicts: 'v', width: 32 })
    const params = Object.fromEntries(Object.entries(network.init(1)).map(([name, value]) => [name, add(value, 0.1)])) // no weight is 0
    const model = predictor(network, params, sde)
    const end = async (count: number, firstSample: number) => {
      const last = await lastState({
        dynamics: reverseSde(sde, model, tensorSpace),
        sampler: eulerMaruyama(),
        grid: uniformGrid({ from: 1, to: 0, steps: 20 }),
        space: tensorSpace,
        x: samplePrior({ sde, space: tensorSpace, shape: [count, 1], seed: 3, firstSample }),
        seed: 3,
        firstSample,
      })
      return [...(await last.data())]
    }
    const whole = await end(64, 0)
    expect(await end(1, 7)).toEqual(whole.slice(7, 8))
    expect(await end(2, 7)).toEqual(whole.slice(7, 9))
    expect(new Set(whole).size).toBe(64)
    await backend.close()
  })
})
