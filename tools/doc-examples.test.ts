import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { exportOnnx, type ForwardFunction } from '@sbgm/onnx'
import { unet } from '@sbgm/unet'
import { neg, setBackend, type Tensor1D } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { documentExample, runExample, typeErrorsOf } from './readme-snippet'

beforeAll(() => setBackend('cpu'))

const workspace = fileURLToPath(new URL('../', import.meta.url))
const sources = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'libs/*/src/*.ts', 'libs/*/src/**/*.ts'], { cwd: workspace, encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !/\.test(-d)?\.ts$/.test(file))

/** The `@example` blocks of a file's doc comments, without their stars. */
const examplesOf = (file: string) =>
  [...readFileSync(workspace + file, 'utf8').matchAll(/@example\s*\n\s*\* ```ts\n([\s\S]*?)```/g)].map(([, block], i) => ({
    name: `${file}, example ${i + 1}`,
    example: { folder: workspace, readme: '', code: block.replace(/^\s*\* ?/gm, ''), prints: '' },
  }))
const examples = sources.flatMap(examplesOf)

describe('the examples in the doc comments', () => {
  it('exist', () => expect(examples.length).toBeGreaterThan(3))

  it.each(examples)('run: $name', async ({ example }) => {
    const { printed } = await runExample(example)
    const promised = [...example.code.matchAll(/console\.log\(.*\) \/\/ (.*)$/gm)].map(([, value]) => value)
    const lines = printed.split('\n')
    promised.forEach((value, i) => expect(lines[i].startsWith(value.replace(/…$/, ''))).toBe(true))
  })

  it.each(examples)('have no type errors: $name', ({ example }) => expect(typeErrorsOf(example)).toEqual([]))
})

describe.each(['getting-started', 'choosing-a-sampler', 'own-sde-and-sampler', 'train-and-sample', 'training-your-own-data', 'backends-and-engines', 'fused-kernels'])('the guide docs/%s.md', (name) => {
  const guide = documentExample(new URL(`../docs/${name}.md`, import.meta.url), new URL('../', import.meta.url))

  it('prints what stands below it', async () => expect((await runExample(guide)).printed).toBe(guide.prints), 120_000)

  it('has no type errors', () => expect(typeErrorsOf(guide)).toEqual([]), 120_000)
})

describe('the guide to exported models', () => {
  const guide = documentExample(new URL('../docs/exported-models.md', import.meta.url), new URL('../', import.meta.url))

  it('prints what stands below it, for a model that was exported', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sbgm-guide-'))
    try {
      const network = unet({ height: 28, width: 28, predicts: 'noise', baseWidth: 8 })
      const apply: ForwardFunction = (params, { x, t }) => {
        const noise = network.apply(params, x, t as Tensor1D)
        return { noise, score: neg(noise) }
      }
      const path = join(folder, 'score-model.onnx')
      await exportOnnx(apply, network.init(0), path, { inputs: { x: { shape: ['batch', 28, 28, 1] }, t: { shape: ['batch'] } } })
      const code = guide.code.replace("'score-model.onnx'", JSON.stringify(path))
      expect(code).not.toBe(guide.code)
      expect((await runExample({ ...guide, code })).printed).toBe(guide.prints)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('has no type errors', () => expect(typeErrorsOf(guide)).toEqual([]))
})
