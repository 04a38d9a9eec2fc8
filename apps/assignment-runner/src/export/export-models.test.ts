import '@tensorflow/tfjs-backend-cpu'
import { discreteDdpm, fillNormal, vpSde } from '@sbgm/sde-core'
import { decodeSafetensors, encodeSafetensors, type HostArrays } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { setBackend, tensor, tensor1d, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor as NodeTensor } from 'onnxruntime-node'
import { env, InferenceSession as WebSession, Tensor as WebTensor } from 'onnxruntime-web'
import { beforeAll, describe, expect, it } from 'vitest'
import { manifestFormat, manifestVersion } from '../manifest'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { exportFlagOf } from './export-options'

beforeAll(() => {
  env.wasm.numThreads = 1
  return setBackend('cpu')
})

const settings = { height: 8, width: 8, channels: 1, predicts: 'noise', baseWidth: 8, multipliers: [1, 2], blocksPerLevel: 1 } as const
const network = unet(settings)
const metadataOf = (sde: Readonly<Record<string, string | number>>) =>
  ({ network: JSON.stringify({ kind: 'unet', ...settings }), sde: JSON.stringify(sde), dataset: 'mnist', training: '{"steps":12}', weights: 'exponential moving average' })
const sdes = {
  2: { kind: 'discreteDdpm', steps: 1000, betaStart: 1e-4, betaEnd: 0.02 },
  3: { kind: 'vpSde', betaMin: 0.1, betaMax: 20, tMin: 1e-5 },
} as const

const normals = (shape: readonly number[], stream: string) => {
  const data = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(data, data.length, { seed: 1, stream, step: 0, firstSample: 0, draw: 0 })
  return { data, shape }
}
/** Weights none of which is left at its start of zero. */
const weights: HostArrays = Object.fromEntries(network.layers.flatMap(({ parameters }) => parameters).map(({ name, shape }) => {
  const { data } = normals(shape, name)
  const scale = 1 / Math.sqrt(data.length / shape[shape.length - 1])
  return [name, { data: data.map((value) => value * scale), shape }]
}))

/** Leaves a part's network in a folder, as a run does. */
function leaveNetwork(out: string, part: 2 | 3, { tensors = weights, metadata = metadataOf(sdes[part]) } = {}): Uint8Array {
  mkdirSync(join(out, `part${part}`), { recursive: true })
  const bytes = encodeSafetensors({ tensors, metadata })
  writeFileSync(join(out, `part${part}`, 'score-model.safetensors'), bytes)
  return bytes
}

async function exported(...argv: string[]) {
  const host = standInHost([])
  const code = await runAssignment(['export', ...argv], host)
  return { code, stdout: host.said.stdout(), stderr: host.said.stderr(), opened: host.engine.opened() }
}

const runtimes = {
  'onnxruntime-node': { create: (path: string) => InferenceSession.create(path), Tensor: NodeTensor },
  'onnxruntime-web': { create: (path: string) => WebSession.create(readFileSync(path)), Tensor: WebTensor },
}

async function run(runtime: keyof typeof runtimes, path: string, x: { data: Float32Array, shape: readonly number[] }, t: readonly number[]) {
  const { create, Tensor: OrtTensor } = runtimes[runtime]
  const session = await create(path) as InferenceSession
  const { noise, score } = await session.run({ x: new OrtTensor('float32', x.data, x.shape) as NodeTensor, t: new OrtTensor('float32', Float32Array.from(t), [t.length]) as NodeTensor })
  await session.release()
  return { noise: noise.data as Float32Array, score: score?.data as Float32Array | undefined, shape: noise.dims }
}

async function eagerNoise(x: { data: Float32Array, shape: readonly number[] }, t: readonly number[]): Promise<Float32Array> {
  const result = tidy((): Tensor => {
    const params = Object.fromEntries(Object.entries(weights).map(([name, { data, shape }]) => [name, tensor(Float32Array.from(data), [...shape])]))
    return network.apply(params, tensor(x.data, [...x.shape]), tensor1d([...t]))
  })
  const data = Float32Array.from(await result.data())
  result.dispose()
  return data
}

const largest = (values: ArrayLike<number>) => Array.from(values).reduce((max, value) => Math.max(max, Math.abs(value)), 0)
const difference = (a: ArrayLike<number>, b: ArrayLike<number>) => largest(Array.from(a, (value, i) => value - b[i]))

describe('export', () => {
  it.each(Object.keys(runtimes) as (keyof typeof runtimes)[])('writes a network that gives in %s what the network gives, for 1 and 4 images (1e-4 of the largest)', (runtime) =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 3)
      expect(await exported('--out', out)).toMatchObject({ code: 0, stderr: '', opened: 0 })
      for (const t of [[0.3], [0.001, 0.2, 0.7, 1]]) {
        const x = normals([t.length, 8, 8, 1], 'x')
        const [{ noise, shape }, expected] = [await run(runtime, join(out, 'part3', 'score-model.onnx'), x, t), await eagerNoise(x, t)]
        expect(shape).toEqual(x.shape)
        expect(largest(expected)).toBeGreaterThan(0.1)
        expect(difference(noise, expected)).toBeLessThan(1e-4 * largest(expected))
      }
    }))

  it('adds the score −ε/σ(t) with the σ of float64, also where 1 − e^(−B) is small (to 1e-6): part 3 at any time', () =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 3)
      await exported('--out', out)
      const t = [1e-5, 1e-3, 0.02, 0.1, 0.5, 1]
      const { noise, score } = await run('onnxruntime-node', join(out, 'part3', 'score-model.onnx'), normals([t.length, 8, 8, 1], 'x'), t)
      const { schedule: { sigma } } = vpSde({ betaMin: 0.1, betaMax: 20 })
      score?.forEach((value, i) => expect(Math.abs((value * -sigma(Math.fround(t[Math.floor(i / 64)]))) / noise[i] - 1)).toBeLessThan(1e-6))
      expect(score).toHaveLength(t.length * 64)
    }))

  it('and part 2 at the times i/1000 of its chain, each of them, with √(1 − ᾱ_i); between two that of the later', () =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 2)
      await exported('--out', out)
      const { sqrtOneMinusAlphaBars } = discreteDdpm()
      const steps = [...Array.from({ length: 1000 }, (_, i) => i + 1), 0.5, 499.5, 0]
      const x = { shape: [steps.length, 8, 8, 1], data: normals([steps.length, 8, 8, 1], 'x').data }
      const { noise, score } = await run('onnxruntime-node', join(out, 'part2', 'score-model.onnx'), x, steps.map((step) => step / 1000))
      steps.forEach((step, k) => {
        const i = 64 * k + 9
        const level = -noise[i] / (score?.[i] ?? NaN)
        expect(Math.abs(level / sqrtOneMinusAlphaBars[Math.max(1, Math.ceil(step)) - 1] - 1)).toBeLessThan(1e-6)
      })
    }))

  it('says in the file what the network is, and Python\'s checker takes it', (context) =>
    inTemporaryFolder(async (out) => {
      const bytes = leaveNetwork(out, 3)
      await exported('--out', out)
      const script = `
import json, sys
try:
  import onnx
except ImportError:
  sys.exit(77)
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
print(json.dumps({'metadata': {each.key: each.value for each in model.metadata_props}, 'domains': list({node.domain for node in model.graph.node}),
  'weights': [each.name for each in model.graph.initializer], 'said': model.doc_string, 'sets': [[each.domain, each.version] for each in model.opset_import]}))`
      const read = (python: string) => spawnSync(python, ['-c', script, join(out, 'part3', 'score-model.onnx')], { encoding: 'utf8' })
      const result = (process.env['PYTHON'] ? [process.env['PYTHON']] : ['python3', '/usr/bin/python3']).map(read).find(({ status, error }) => !error && status !== 77)
      if (result === undefined) return context.skip('no Python with the package onnx')
      expect(result.stderr).toBe('')
      const model = JSON.parse(result.stdout) as Record<string, unknown>
      const weightsSha256 = createHash('sha256').update(bytes).digest('hex')
      expect(model).toMatchObject({ metadata: { ...metadataOf(sdes[3]), part: '3', weightsSha256 }, domains: [''], sets: [['', 17]] })
      expect(model['weights']).toEqual(expect.arrayContaining(Object.keys(weights)))
      expect(model['said']).toContain('trained on mnist')
    }))

  it('writes all networks that are there, or those of the parts named, or one to a file; over what is there', () =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 2)
      leaveNetwork(out, 3)
      const { stdout } = await exported('--out', out)
      expect(stdout).toMatch(/^part 2: .*part2.score-model\.onnx, \d+\.\d MB, from part2\/score-model\.safetensors\npart 3: .*\n$/)
      const file = join(out, 'new folder', 'digits.onnx')
      mkdirSync(join(out, 'new folder'))
      writeFileSync(file, 'older')
      expect(await exported('--out', out, '--parts', '3', '--to', file)).toMatchObject({ code: 0 })
      expect(readFileSync(file).equals(readFileSync(join(out, 'part3', 'score-model.onnx')))).toBe(true)
      expect(readdirSync(join(out, 'new folder'))).toEqual(['digits.onnx'])
    }))

  it('of an SDE that it does not know has the noise alone', () =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 3, { metadata: metadataOf({ kind: 'another' }) })
      await exported('--out', out)
      expect((await run('onnxruntime-node', join(out, 'part3', 'score-model.onnx'), normals([1, 8, 8, 1], 'x'), [0.5])).score).toBeUndefined()
    }))
})

describe('export is refused, and writes nothing', () => {
  const onnxFiles = (out: string) => readdirSync(out, { recursive: true }).filter((name) => String(name).includes('onnx'))

  it.each([
    [['--parts', '3'], /^error: part 3 must have trained its network before it is exported; there is no part3\/score-model\.safetensors in '.*'\. Run sbgm-assignment --parts 3 --out /],
    [[], /^error: a run must have trained a network before it is exported; there is neither part2\/score-model\.safetensors nor part3\/.*--out/],
  ])('where there is no network yet, with how to make it (%s)', (argv, expected) =>
    inTemporaryFolder(async (out) => {
      const { code, stderr } = await exported('--out', out, ...argv)
      expect([code, stderr]).toEqual([1, expect.stringMatching(expected)])
      expect((await exported('--out', join(out, 'no such folder'), ...argv)).code).toBe(1)
    }))

  it('where one of the networks asked for is missing, also for the other', () =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 2)
      expect((await exported('--out', out, '--parts', '2,3')).code).toBe(1)
      expect(onnxFiles(out)).toEqual([])
    }))

  it.each<[string, (bytes: Uint8Array) => Uint8Array, RegExp]>([
    ['is cut off', (bytes) => bytes.subarray(0, bytes.length - 7), /must be a network as a run wrote it; bytes must be/],
    ['is of another program', () => encodeSafetensors({ tensors: weights, metadata: {} }), /its metadata must name a unet that predicts the noise/],
    ['lacks a weight', (bytes) => {
      const { tensors, metadata } = decodeSafetensors(bytes)
      return encodeSafetensors({ tensors: Object.fromEntries(Object.entries(tensors).filter(([name]) => name !== 'input.bias')), metadata })
    }, /it must hold input\.bias of shape \(8\)/],
    ['has settings that are none', () => encodeSafetensors({ tensors: weights, metadata: { network: JSON.stringify({ kind: 'unet', ...settings, height: 7 }) } }), /height must be divisible by 2/],
    ['has metadata that are none', () => encodeSafetensors({ tensors: weights, metadata: { network: '{' } }), /JSON/],
  ])('where the file %s', (_name, damage, expected) =>
    inTemporaryFolder(async (out) => {
      const path = join(out, 'part3', 'score-model.safetensors')
      writeFileSync(path, damage(leaveNetwork(out, 3)))
      const { code, stderr } = await exported('--out', out)
      expect([code, stderr]).toEqual([1, expect.stringMatching(expected)])
      expect(stderr).toMatch(/Run sbgm-assignment --parts 3 --out .* again\.\n$/)
      expect(onnxFiles(out)).toEqual([])
    }))

  it('where the file is not what the manifest records', () =>
    inTemporaryFolder(async (out) => {
      const bytes = leaveNetwork(out, 3)
      const record = { path: 'part3/score-model.safetensors', bytes: bytes.length, sha256: '0'.repeat(64) }
      const part = { part: 3, title: 't', status: 'complete', seconds: 1, configuration: {}, bars: [], files: [record] }
      writeFileSync(join(out, 'manifest.json'), JSON.stringify({ format: manifestFormat, formatVersion: manifestVersion, program: { name: 'p', version: '1' }, node: '20', libraries: {}, parts: [part] }))
      expect((await exported('--out', out)).stderr).toContain('it is not what the manifest records')
    }))

  it('with one file for several networks, or a folder in its place', () =>
    inTemporaryFolder(async (out) => {
      leaveNetwork(out, 2)
      leaveNetwork(out, 3)
      expect(await exported('--out', out, '--to', join(out, 'a.onnx'))).toMatchObject({ code: 2, stderr: expect.stringContaining('Name one with --parts.') as string })
      expect(await exported('--parts', '2,3', '--to', 'a.onnx')).toMatchObject({ code: 2, stderr: 'error: --to names one file; got --parts 2,3. Name one part, or leave --to out.\n' })
      expect(await exported('--out', out, '--parts', '2', '--to', out)).toMatchObject({ code: 1, stderr: expect.stringContaining('is a folder. Name a file in it') as string })
      expect(onnxFiles(out)).toEqual([])
    }))

  it.each([
    [['--parts', '1'], "--parts must be parts separated by commas, out of 2, 3, 4; got '1'."],
    [['--parts'], '--parts needs a value: --parts <LIST>.'],
    [['--out', 'a', '--out', 'b'], "--out must be given once; got it again with 'b'."],
    [['--to', ''], "--to must name a file; got ''."],
    [['--format', 'x'], 'unknown option --format. Nearest: --out. See --help for all of them.'],
    [['part3'], "every word behind export must be an option or its value; got 'part3'. See export --help."],
  ])('with a wrong command line: %s', async (argv, message) => {
    expect(await exported(...argv)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n`, opened: 0 })
  })

  it('unless export is the first word', async () => {
    const host = standInHost([])
    expect(await runAssignment(['--out', 'a', 'export'], host)).toBe(2)
    expect(host.said.stderr()).toBe('error: export must be the first word; got it after others.\n')
  })
})

it('export --help prints its options, and the README names them', async () => {
  const { code, stdout } = await exported('--help')
  expect(code).toBe(0)
  const section = /## Export\n[\s\S]*?\n## /.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))?.[0] ?? ''
  for (const flag of Object.values(exportFlagOf)) {
    expect(stdout).toContain(flag)
    expect(section).toContain(`\`${flag}\``)
  }
})
