import '@tensorflow/tfjs-backend-cpu'
import { fillNormal } from '@sbgm/sde-core'
import { encodeSafetensors, type HostArrays } from '@sbgm/training'
import { noisyClassifier } from '@sbgm/unet'
import { setBackend, tensor, tensor1d, tidy } from '@tensorflow/tfjs-core'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InferenceSession, Tensor as NodeTensor } from 'onnxruntime-node'
import { env, InferenceSession as WebSession, Tensor as WebTensor } from 'onnxruntime-web'
import { beforeAll, describe, expect, it } from 'vitest'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'

beforeAll(() => {
  env.wasm.numThreads = 1
  return setBackend('cpu')
})

const settings = { height: 8, width: 8, channels: 1, classes: 4, baseWidth: 8, multipliers: [1, 2], blocksPerLevel: 1 } as const
const network = noisyClassifier(settings)
const metadata = {
  network: JSON.stringify({ kind: 'noisyClassifier', ...settings }), sde: JSON.stringify({ kind: 'vpSde', betaMin: 0.1, betaMax: 20, tMin: 1e-5 }),
  dataset: 'mnist', classes: '["a","b","c","d"]', training: '{"steps":12}', weights: 'exponential moving average',
}
const normals = (count: number, stream: string) => {
  const data = new Float32Array(count)
  fillNormal(data, count, { seed: 1, stream, step: 0, firstSample: 0, draw: 0 })
  return data
}
/** Weights none of which is left at its start of zero. */
const weights: HostArrays = Object.fromEntries(network.layers.flatMap(({ parameters }) => parameters).map(({ name, shape }) => {
  const data = normals(shape.reduce((product, axis) => product * axis, 1), name)
  const scale = 1 / Math.sqrt(data.length / shape[shape.length - 1])
  return [name, { data: data.map((value) => value * scale), shape }]
}))

/** Leaves part 4's classifier in a folder, as a run does. */
function leaveClassifier(out: string, changed: Readonly<Record<string, string>> = {}): Uint8Array {
  mkdirSync(join(out, 'part4'), { recursive: true })
  const bytes = encodeSafetensors({ tensors: weights, metadata: { ...metadata, ...changed } })
  writeFileSync(join(out, 'part4', 'classifier.safetensors'), bytes)
  return bytes
}

async function exported(...argv: string[]) {
  const host = standInHost([])
  const code = await runAssignment(['export', ...argv], host)
  return { code, stdout: host.said.stdout(), stderr: host.said.stderr(), opened: host.engine.opened() }
}

const runtimes = {
  'onnxruntime-node': { create: (path: string) => InferenceSession.create(path), Tensor: NodeTensor },
  'onnxruntime-web': { create: (path: string) => WebSession.create(readFileSync(path)) as Promise<InferenceSession>, Tensor: WebTensor },
}

describe('export of part 4', () => {
  it.each(Object.keys(runtimes) as (keyof typeof runtimes)[])('writes a classifier that gives in %s the logits of the network and their log-softmax, for 1 and 4 images (1e-4 of the largest)', (runtime) =>
    inTemporaryFolder(async (out) => {
      leaveClassifier(out)
      const said = await exported('--out', out)
      expect(said).toMatchObject({ code: 0, stderr: '', opened: 0 })
      expect(said.stdout).toMatch(/^part 4: .*part4.classifier\.onnx, \d+\.\d MB, from part4\/classifier\.safetensors\n$/)
      const { create, Tensor: OrtTensor } = runtimes[runtime]
      const session = await create(join(out, 'part4', 'classifier.onnx'))
      for (const t of [[0.3], [1e-5, 0.2, 0.7, 1]]) {
        const x = normals(64 * t.length, 'x')
        const { logits, logProbabilities } = await session.run({
          x: new OrtTensor('float32', x, [t.length, 8, 8, 1]) as NodeTensor, t: new OrtTensor('float32', Float32Array.from(t), [t.length]) as NodeTensor,
        })
        const expected = await tidy(() => {
          const params = Object.fromEntries(Object.entries(weights).map(([name, { data, shape }]) => [name, tensor(Float32Array.from(data), [...shape])]))
          return network.apply(params, tensor(x, [t.length, 8, 8, 1]), tensor1d(t))
        }).data()
        expect([logits.dims, logProbabilities.dims]).toEqual([[t.length, 4], [t.length, 4]])
        const largest = Math.max(...Array.from(expected, Math.abs))
        expect(largest).toBeGreaterThan(0.05)
        expected.forEach((value, i) => {
          const row = Array.from(expected).slice(i - (i % 4), i - (i % 4) + 4)
          const logOfSum = Math.log(row.reduce((sum, each) => sum + Math.exp(each), 0))
          expect(Math.abs((logits.data as Float32Array)[i] - value)).toBeLessThan(1e-4 * largest)
          expect(Math.abs((logProbabilities.data as Float32Array)[i] - (value - logOfSum))).toBeLessThan(1e-4 * Math.max(1, largest))
        })
      }
      await session.release()
    }))

  it('says in the file what the classifier is: its metadata, its classes, and the hash of its weights', () =>
    inTemporaryFolder(async (out) => {
      const bytes = leaveClassifier(out)
      const file = join(out, 'classes.onnx')
      expect(await exported('--out', out, '--parts', '4', '--to', file)).toMatchObject({ code: 0 })
      const text = readFileSync(file, 'latin1')
      const said = [...Object.values(metadata), createHash('sha256').update(bytes).digest('hex'), 'The classifier of noisy images of part 4, trained on mnist', 'log p_t(class | x)']
      for (const each of said) expect(text).toContain(each)
      expect(existsSync(join(out, 'part4', 'classifier.onnx'))).toBe(false)
    }))

  it.each([
    ['is another network', { network: JSON.stringify({ kind: 'unet', ...settings, predicts: 'noise' }) }, /part4\/classifier\.safetensors in '.*' must be a network as a run wrote it; its metadata must name a noisyClassifier\. Run sbgm-assignment --parts 4 --out /],
    ['has fewer classes than it says', { network: JSON.stringify({ kind: 'noisyClassifier', ...settings, classes: 5 }) }, /it must hold output\.logits\.kernel of shape \(16, 5\)/],
    ['has settings that are none', { network: JSON.stringify({ kind: 'noisyClassifier', ...settings, height: 7 }) }, /height must be divisible by 2/],
  ])('is refused where the file %s, and writes nothing', (_, changed, expected) =>
    inTemporaryFolder(async (out) => {
      leaveClassifier(out, changed)
      expect(await exported('--out', out)).toMatchObject({ code: 1, stderr: expect.stringMatching(expected) as string })
      expect(existsSync(join(out, 'part4', 'classifier.onnx'))).toBe(false)
    }))

  it('is refused where it has not been trained, with how to', () =>
    inTemporaryFolder(async (out) => {
      expect((await exported('--out', out, '--parts', '4')).stderr).toMatch(/^error: part 4 must have trained its network before it is exported; there is no part4\/classifier\.safetensors in '.*'\. Run sbgm-assignment --parts 4 --out /)
    }))
})
