import '@tensorflow/tfjs-layers'
import { openBackend, type Backend } from '@sbgm/backends'
import { digits, selectImages, labelledImages } from '@sbgm/datasets'
import { findOnnxRuntime } from '@sbgm/onnx'
import { hostSpace, vpSde, type Network } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { encodeSafetensors, parametersToHost } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { add, dispose, div, exp, mul, neg, reshape, scalar, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eagerCompute } from '../compute/eager-compute'
import { onnxCompute } from '../compute/onnx-compute'
import { openDifferentiable } from '../compute/open-differentiable'
import type { Host } from '../host'
import { scoreNetworkFile } from '../images/stored-network.fixture'
import { quietContext } from '../judges/stand-in-judges'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, softwareAdapterOnly, standInHost } from '../stand-in-host'
import { likelihoodFlagOf } from './likelihood-options'
import { dequantization, measureLikelihood } from './measure-likelihood'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const sde = vpSde()
const [mean, std] = [-0.3, 0.4]

/** What a perfect network says where every pixel is N(mean, std²): σ (x − α μ)/(α² s² + σ²). */
const gaussian: Network<'noise'> = {
  predicts: 'noise',
  init: () => ({ mean: scalar(mean), std: scalar(std) }),
  apply(params, x, t) {
    const at: Tensor = reshape(t, [-1, 1, 1, 1])
    const integral = mul(at, add(mul(at, 9.95), 0.1))
    const [alpha, variance] = [exp(mul(integral, -0.5)), sub(1, exp(neg(integral)))]
    return div(mul(sqrt(variance), sub(x, mul(alpha, params['mean']))), add(mul(square(alpha), square(params['std'])), variance))
  },
}
const { test } = digits({ seed: 3, trainCount: 10, testCount: 10 })
/** The middle 4 × 4 pixels of ten digits. */
const images = labelledImages({
  ...test, name: 'corners', height: 4, width: 4,
  images: Uint8Array.from(Array.from({ length: 10 * 16 }, (_, i) => test.images[Math.floor(i / 16) * 784 + (12 + Math.floor((i % 16) / 4)) * 28 + 12 + (i % 4)])),
})

describe.each([['eager', eagerCompute], ['compiled', onnxCompute({ threads: 2 })]] as const)('measured with a Gaussian for a network, %s,', (_, compute) => {
  const settings = { sde, images, count: 7, firstTime: 0.01, tolerance: 1e-5, probes: 2, seed: 4, batch: 3 }
  const measure = async (change: Partial<typeof settings> = {}) => {
    const params = gaussian.init(0)
    const model = openDifferentiable(compute, gaussian, params, sde, { tMin: 0.01, rows: 4 })
    const { signal, progress } = quietContext()
    return measureLikelihood({ model, ...settings, ...change }, { signal, progress }).finally(async () => {
      await model.close()
      dispose({ ...params })
    })
  }

  it('bits per dimension are the closed form of the dequantised images (2e-4 bits), whose Jacobian is diagonal: the probes have no error', async () => {
    const { bits, indices } = await measure()
    const chosen = selectImages(images, indices)
    const x = dequantization.dequantize({ space: hostSpace, data: chosen.images, shape: [7, 16], seed: 4 })
    const law = (t: number) => ({ mean: sde.schedule.alpha(t) * mean, variance: (sde.schedule.alpha(t) * std) ** 2 + sde.schedule.sigma(t) ** 2 })
    const logDensity = (value: number, { mean: at, variance }: ReturnType<typeof law>) => -0.5 * ((value - at) ** 2 / variance + Math.log(2 * Math.PI * variance))
    const [start, end] = [law(0.01), law(1)]
    const nats = x.data.map((value) => {
      const latent = end.mean + Math.sqrt(end.variance / start.variance) * (value - start.mean) // where the flow leads
      return logDensity(value, start) + logDensity(latent, { mean: 0, variance: 1 }) - logDensity(latent, end) // the prior N(0, 1) in the place of the law there
    })
    const expected = Array.from({ length: 7 }, (_value, i) => -nats.subarray(16 * i, 16 * i + 16).reduce((sum, value) => sum + value, 0) / (16 * Math.LN2) - Math.log2(2 / 255))
    expected.forEach((value, i) => expect(Math.abs(bits.total[i] - value)).toBeLessThan(2e-4))
    expect(Math.max(...bits.probeError)).toBeLessThan(1e-4)
    expect(new Set(indices).size).toBe(7)
  })

  it('an image has the same bits in any batch (1e-4), since images, dequantisation and probes are keyed', async () => {
    const [threes, one] = [await measure(), await measure({ batch: 7 })]
    expect(one.indices).toEqual(threes.indices)
    one.bits.total.forEach((value, i) => expect(Math.abs(value - threes.bits.total[i])).toBeLessThan(1e-4))
  })

  it('nothing is left behind', async () => {
    await measure({ count: 2 })
    expect(await tensorLeak(() => measure({ count: 2 }).then(() => undefined))).toEqual(noLeak)
  })
})

it('a byte\'s cell has the training pixel u/127.5 − 1 in its middle, and the cells fill [−1 − 1/255, 1 + 1/255]', () => {
  const bytes = Uint8Array.from({ length: 256 * 50 }, (_, i) => i % 256)
  const { data } = dequantization.dequantize({ space: hostSpace, data: bytes, shape: [1, bytes.length], seed: 1 })
  data.forEach((value, i) => expect(Math.abs(value - (bytes[i] / 127.5 - 1))).toBeLessThan(1 / 255 + 1e-12))
  expect(Math.min(...data)).toBeLessThan(-1)
  expect(dequantization.logScale).toBeCloseTo(Math.log(2 / 255), 12)
})

async function said(argv: readonly string[], overrides: Partial<Host> = {}) {
  const host = standInHost([], overrides)
  const code = await runAssignment(['likelihood', ...argv], host)
  return { code, stdout: host.said.stdout(), stderr: host.said.stderr() }
}

describe('the command', () => {
  const settings = { height: 28, width: 28, channels: 1, predicts: 'noise', baseWidth: 8, multipliers: [1], blocksPerLevel: 1 } as const
  const leave = async (folder: string, sde: Readonly<Record<string, unknown>> = { kind: 'vpSde', betaMin: 0.1, betaMax: 20 }) => {
    const params = unet(settings).init(1)
    const path = join(folder, 'network.safetensors')
    writeFileSync(path, encodeSafetensors({ tensors: await parametersToHost(params), metadata: { network: JSON.stringify({ kind: 'unet', ...settings }), sde: JSON.stringify(sde), dataset: 'digits' } }))
    dispose({ ...params })
    return path
  }

  it.each([{ kind: 'vpSde', betaMin: 0.1, betaMax: 20 }, { kind: 'discreteDdpm', steps: 1000, betaStart: 1e-4, betaEnd: 0.02 }])('says the bits with their error and terms, which add up, and writes them (%j)', (stored) =>
    inTemporaryFolder(async (folder) => {
      const to = join(folder, 'likelihood.json')
      const { code, stdout, stderr } = await said(['--checkpoint', await leave(folder, stored), '--count', '2', '--tolerance', '0.05', '--first-time', '0.05', '--probes', '2', '--engine', 'onnx', '--to', to], { openBackend, findOnnxRuntime })
      expect([code, stderr]).toEqual([0, ''])
      const number = (name: string) => Number(new RegExp(`${name} +(-?\\d+\\.\\d+)`).exec(stdout)?.[1])
      const terms = ['prior', 'scaling', 'divergence', 'transform'].map(number)
      expect(Math.abs(terms.reduce((sum, term) => sum + term, 0) - number('bits per dimension'))).toBeLessThan(3e-4)
      expect(number('transform')).toBeCloseTo(Math.log2(255 / 2), 3)
      const written = JSON.parse(readFileSync(to, 'utf8')) as { bitsPerDimension: { mean: number, standardError: number }, images: { total: number[] }, settings: unknown, data: unknown }
      expect(written.bitsPerDimension.mean).toBeCloseTo(number('bits per dimension'), 3)
      expect(written.images.total).toHaveLength(2)
      expect(written).toMatchObject({ settings: { count: 2, seed: 0, firstTime: 0.05, tolerance: 0.05, probes: 2 }, data: { name: 'digits' } })
      expect(JSON.stringify(written)).not.toContain(folder)
    }))

  it.each<[string, (folder: string) => Promise<readonly string[]>, number, RegExp]>([
    ['without a checkpoint', () => Promise.resolve([]), 2, /^error: --checkpoint must be given/],
    ['with a checkpoint that is not there', (folder) => Promise.resolve(['--checkpoint', join(folder, 'none')]), 1, /there is no such file/],
    ['with a network for other images', (folder) => {
      writeFileSync(join(folder, 'a'), scoreNetworkFile({ metadata: { dataset: 'digits' } }))
      return Promise.resolve(['--checkpoint', join(folder, 'a')])
    }, 1, /the network must be one for the images of digits, 28 × 28; it is for 4 × 4/],
    ['with a network of other data', (folder) => {
      writeFileSync(join(folder, 'a'), scoreNetworkFile({ metadata: { dataset: 'digits', checksum: 'another' } }))
      return Promise.resolve(['--checkpoint', join(folder, 'a')])
    }, 1, /the images must be those that the network was trained on/],
    ['with a network of data of no name', (folder) => {
      writeFileSync(join(folder, 'a'), scoreNetworkFile({ metadata: { dataset: 'cats' } }))
      return Promise.resolve(['--checkpoint', join(folder, 'a')])
    }, 1, /must name the data set that it was trained on in its metadata; got '.*', of 'cats'/],
    ['with more images than there are', async (folder) => ['--checkpoint', await leave(folder), '--count', '999999'], 2, /--count must be at most the number of test images, \d+; got 999999\./],
    ['with a folder of data that is not there', async (folder) => ['--checkpoint', await leave(folder), '--data-dir', join(folder, 'none')], 1, /--data-dir must be a folder that exists/],
    ['with a first time of 0', () => Promise.resolve(['--checkpoint', 'a', '--first-time', '0']), 2, /--first-time must be a number from 0\.00001 to 0\.1; got '0'\./],
    ['with a tolerance that float32 cannot show', () => Promise.resolve(['--checkpoint', 'a', '--tolerance', '1e-8']), 2, /--tolerance must be a number from 0\.000001 to 0\.1; got '1e-8'\./],
    ['with words beside its options', () => Promise.resolve(['now']), 2, /every word behind likelihood must be an option or its value; got 'now'/],
  ])('is refused %s', (_, argvIn, expected, message) =>
    inTemporaryFolder(async (folder) => {
      const { code, stderr } = await said([...(await argvIn(folder)), '--engine', 'cpu'])
      expect([code, stderr]).toEqual([expected, expect.stringMatching(message)])
    }))

  it('opens a software adapter where --allow-software-adapter stands beside --engine webgpu, and else says so', () =>
    inTemporaryFolder(async (folder) => {
      const words = ['--checkpoint', await leave(folder), '--count', '999999'] // what is refused once the engine is open
      const measured = async (...more: readonly string[]) => (await said([...words, ...more], { openBackend: softwareAdapterOnly() })).stderr
      expect(await measured('--engine', 'webgpu')).toContain('Only a software adapter. Install the driver of a card, give another engine, or give --engine webgpu --allow-software-adapter')
      expect(await measured('--engine', 'wasm', '--allow-software-adapter')).toContain('--allow-software-adapter must stand beside --engine webgpu or --engine onnx-webgpu, the engines that it is for; got --engine wasm.')
      expect(await measured('--engine', 'webgpu', '--allow-software-adapter')).toContain('--count must be at most the number of test images')
    }))

  it('--help prints its options, and the README names them', async () => {
    const { code, stdout } = await said(['--help'])
    expect(code).toBe(0)
    const section = /## Likelihood\n[\s\S]*?\n## /.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8'))?.[0] ?? ''
    for (const flag of Object.values(likelihoodFlagOf)) {
      expect(stdout).toContain(flag)
      expect(section).toContain(`\`${flag}\``)
    }
  })
})
