import { describe, expect, it } from 'vitest'
import { convolutionModel, type CheckModel } from './blocked-check-model'
import { checkBlockedConvolution, probeBlockedConvolution } from './blocked-convolution'
import type { HostTensor } from './host-tensor'
import { openSession } from './session'

const run = async ({ model, feeds }: CheckModel) => {
  const session = await openSession(model)
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

/** Stands in for onnxruntime: images lie in blocks of `block`, and what comes out is what `change` makes of ones. */
const pretend = (block: number, change: (name: string) => number) => async ({ feeds }: CheckModel): Promise<Record<string, HostTensor>> => {
  if (feeds['x'] !== undefined) {
    const blocked = Array.from({ length: 32 }, (_, i) => 2 * (Math.floor(i / (2 * block)) * block + i % block) + Math.floor(i / block) % 2)
    return { blocked: { data: Float32Array.from(blocked), shape: [1, 16, 1, 2] } }
  }
  return Object.fromEntries(['a.plain', 'a.blocked', 'b.plain', 'b.blocked'].map((name) => [name, { data: Float32Array.of(1, change(name)), shape: [2] }]))
}

it('blocked convolutions are found here with a block of 8 or 16, and asked again are not tried again', async (context) => {
  const support = await probeBlockedConvolution()
  if ('unavailable' in support) return context.skip(`onnxruntime has no blocked convolutions here: ${support.unavailable}`)
  expect([8, 16]).toContain(support.block)
  expect(probeBlockedConvolution()).toBe(probeBlockedConvolution())
})

describe('the check', () => {
  it('tells the block by how images lie', async () => {
    expect(await checkBlockedConvolution(pretend(8, () => 1))).toEqual({ block: 8 })
    expect(await checkBlockedConvolution(pretend(16, () => 1))).toEqual({ block: 16 })
    expect(await checkBlockedConvolution(pretend(4, () => 1))).toEqual({ unavailable: expect.stringContaining('neither 8 nor 16') as string })
  })

  it('allows for rounding, and for nothing that is off by more than 1e-5 or is no number', async () => {
    expect(await checkBlockedConvolution(pretend(16, (name) => (name === 'b.blocked' ? 1 + 1e-6 : 1)))).toEqual({ block: 16 })
    for (const wrong of [1 + 1e-4, NaN]) {
      expect(await checkBlockedConvolution(pretend(16, (name) => (name === 'b.blocked' ? wrong : 1)))).toEqual({
        unavailable: expect.stringMatching(/must agree with its plain one to 0\.00001; 'b' differs by (1\.0e-4|NaN)\./) as string,
      })
    }
  })

  it('compares with what is a convolution: stride 2, 3 × 3, by its definition, to 1e-5 of its largest number', async (context) => {
    if ('unavailable' in await probeBlockedConvolution()) return context.skip('onnxruntime has no blocked convolutions here')
    const check = convolutionModel(16)
    const { images, filter } = Object.fromEntries(['images', 'filter'].map((part) => [part, check.feeds[`halved.${part}`] as HostTensor]))
    const { 'halved.plain': plain } = await run(check)
    const [batch, outs, height, width] = plain?.shape as [number, number, number, number]
    const expected = new Float32Array(batch * outs * height * width)
    const [ins, imageHeight, imageWidth] = images?.shape.slice(1) as [number, number, number]
    expected.forEach((_, i) => {
      const [n, o, y, x] = [Math.floor(i / (outs * height * width)), Math.floor(i / (height * width)) % outs, Math.floor(i / width) % height, i % width]
      let sum = 0
      for (let c = 0; c < ins; c++) {
        for (let tap = 0; tap < 9; tap++) {
          const [row, column] = [2 * y + Math.floor(tap / 3) - 1, 2 * x + tap % 3 - 1]
          if (row < 0 || column < 0 || row >= imageHeight || column >= imageWidth) continue
          sum += (images?.data[((n * ins + c) * imageHeight + row) * imageWidth + column] ?? NaN) * (filter?.data[(o * ins + c) * 9 + tap] ?? NaN)
        }
      }
      expected[i] = sum
    })
    const largest = Math.max(...expected.map(Math.abs))
    expect(Math.max(...expected.map((value, i) => Math.abs(value - (plain?.data[i] ?? NaN)))) / largest).toBeLessThan(1e-5)
  })
})
