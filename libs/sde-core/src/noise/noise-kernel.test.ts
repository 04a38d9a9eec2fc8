import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { fillNormal } from './keyed-noise'
import { fillByKernel, noiseKernel, type NoiseKernel } from './noise-kernel'
import { NOISE_KERNEL_MODULE } from './noise-kernel-module'
import { philoxKey } from './noise-key'
import type { NoiseLaw, NoiseRun } from './noise-run'
import { normalQuantile } from './normal-quantile'
import { fillPlainly } from './plain-noise'

const WORD = 2 ** 32

const kernel = (): NoiseKernel => {
  const found = noiseKernel()
  if (found === undefined) throw new Error('WebAssembly with SIMD must be there for this test; Node 20 has it.')
  return found
}

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength)

describe('the noise kernel', () => {
  const runs: readonly Omit<NoiseRun, 'law' | 'sampleSize'>[] = [
    { ...philoxKey(0, 'sampler'), firstSample: 0, step: 0, draw: 0 },
    { ...philoxKey(2 ** 53 - 1, 'training/time'), firstSample: 12345, step: 999, draw: 1 },
    { k0: 0xffffffff, k1: 0xffffffff, firstSample: WORD - 2500, step: WORD - 1, draw: WORD - 1 },
    { k0: 0x80000000, k1: 0x7fffffff, firstSample: 0x7ffffffe, step: 0x80000000, draw: 0x7fffffff },
  ]
  const shapes = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 28, 784, 1023, 1024, 1025, 2047, 2049].flatMap((sampleSize) =>
    [1, 2, 3, 4, 5, 64].map((batch) => [batch, sampleSize] as const),
  )

  it.each<NoiseLaw>(['uniform', 'normal'])('makes the very bits of the plain %s in 448 shapes and keys', (law) => {
    for (const words of runs) {
      for (const [batch, sampleSize] of [...shapes, [2500, 1], [1025, 1], [2047, 3], [1500, 2]] as const) {
        const run = { ...words, law, sampleSize }
        for (const Numbers of [Float64Array, Float32Array]) {
          const [expected, actual] = [new Numbers(batch * sampleSize), new Numbers(batch * sampleSize)]
          fillPlainly(expected, run)
          fillByKernel(kernel(), actual, run)
          const same = bytes(actual).equals(bytes(expected))
          if (!same) expect.fail(`${JSON.stringify(run)}, batch ${batch}, ${Numbers.name}`)
        }
      }
    }
  })

  it('makes the very bits of the plain quantile out to both ends, where no key would lead in a lifetime', () => {
    const numerators = [1, 3, 2 ** 53 - 1, 2 ** 53 - 3, 2 ** 52 - 1, 2 ** 52 + 1]
    for (let n = 1; n < 2 ** 52; n = 1.09 * n + 2) {
      const odd = 2 * Math.floor(n / 2) + 1
      numerators.push(odd, 2 ** 53 - odd)
    }
    for (const joint of [0.075, 0.925, Math.exp(-25)]) {
      for (let i = -20; i <= 20; i++) numerators.push(2 * (Math.floor(joint * 2 ** 52) + i) + 1)
    }
    const { memory, NUMBERS, CHUNK_BLOCKS, normals } = kernel()
    const chunk = new Float64Array(memory.buffer, NUMBERS.value, 2 * CHUNK_BLOCKS.value)
    const uniforms = numerators.map((n) => n * 2 ** -53)
    for (const count of [uniforms.length, uniforms.length - 1, 1]) {
      chunk.set(uniforms)
      normals(count)
      const expected = Float64Array.from(uniforms.slice(0, count), normalQuantile)
      expect(bytes(chunk.subarray(0, count)).equals(bytes(expected))).toBe(true)
    }
  })

  it('keeps to its 64 KiB of memory however much it fills', () => {
    fillByKernel(kernel(), new Float64Array(300_001), { ...runs[0], law: 'normal', sampleSize: 1 })
    expect(kernel().memory.buffer.byteLength).toBe(65_536)
  })

  it('is below the 4 KB that browsers compile synchronously on their main thread', () => {
    expect(Buffer.from(NOISE_KERNEL_MODULE, 'base64').length).toBeLessThan(4096)
  })

  it('is committed as its source compiles', () => {
    const tool = fileURLToPath(new URL('../../../../tools/build-noise-kernel.mjs', import.meta.url))
    const { status, stderr } = spawnSync(process.execPath, [tool, '--check'], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})

describe('without the noise kernel', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.resetModules()
  })

  const key = { seed: 3, stream: 'sampler', step: 5, firstSample: 0, draw: 0 }
  const forbidden = {
    Module: function refuse() {
      throw new EvalError('unsafe-eval is not allowed')
    },
  }

  it.each([
    ['where there is no WebAssembly', undefined],
    ['where a content security policy forbids it', forbidden],
  ])('%s, the numbers are the same', async (_where, webAssembly) => {
    const expected = fillNormalWith(fillNormal)
    vi.resetModules()
    const noise = await import('./keyed-noise')
    const kernels = await import('./noise-kernel')
    vi.stubGlobal('WebAssembly', webAssembly)
    const actual = fillNormalWith(noise.fillNormal)
    expect(kernels.noiseKernel()).toBeUndefined()
    expect(bytes(actual).equals(bytes(expected))).toBe(true)
  })

  const fillNormalWith = (fill: typeof fillNormal): Float64Array => {
    const out = new Float64Array(999)
    fill(out, 3, key)
    return out
  }
})
