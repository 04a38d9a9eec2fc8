import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { openBackend } from '@sbgm/backends'
import { expect, it } from 'vitest'
import { noAdapterBy, offerSwiftShader } from '../software-gpu'

const folderOf = (name: string) => new URL(`../../benchmarks/webgpu/${name}`, import.meta.url)

// run by Node from the builds, as `npm run bench:gpu` does
it('npm run bench:gpu measures a small network on SwiftShader: our kernels, onnxruntime and TensorFlow.js compute the same, and the JSON file has all three', async (context) => {
  offerSwiftShader()
  const missing = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true }).then((backend) => backend.close(), noAdapterBy)
  if (missing !== undefined) return context.skip(missing)
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
})

it('benchmarks/webgpu/kernels.mjs compares every replaced kernel with TensorFlow.js’s at the shapes of a training step on SwiftShader, and they compute the same', async (context) => {
  offerSwiftShader()
  const missing = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true }).then((backend) => backend.close(), noAdapterBy)
  if (missing !== undefined) return context.skip(missing)
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
})
