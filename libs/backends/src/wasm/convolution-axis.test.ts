import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gradientPhases, isPointwise, seenBy, type ConvolutionAxis } from './convolution-axis'

const axes = fc.record({
  input: fc.integer({ min: 1, max: 12 }),
  kernel: fc.integer({ min: 1, max: 6 }),
  stride: fc.integer({ min: 1, max: 4 }),
  before: fc.integer({ min: 0, max: 5 }),
  after: fc.integer({ min: 0, max: 5 }),
}).filter(({ input, kernel, before, after }) => input + before + after >= kernel)
  .map(({ after, ...axis }): ConvolutionAxis => ({ ...axis, output: Math.floor((axis.input + axis.before + after - axis.kernel) / axis.stride) + 1 }))

describe('gradientPhases', () => {
  it('give every input pixel the outputs and taps that the definition of a convolution gives it, and each pixel once', () => {
    fc.assert(fc.property(axes, (axis) => {
      const seen = Array.from({ length: axis.input }, () => [] as string[])
      for (let output = 0; output < axis.output; output++)
        for (let tap = 0; tap < axis.kernel; tap++) seen[output * axis.stride - axis.before + tap]?.push(`${output} ${tap}`)
      const found = Array.from({ length: axis.input }, () => [] as string[])
      let pixels = 0
      for (const { first, count, taps, lastTap, firstSeen } of gradientPhases(axis))
        for (let n = 0; n < count; n++, pixels++)
          for (let i = 0; i < taps; i++) {
            const output = firstSeen + n + i
            if (output >= 0 && output < axis.output) found[first + n * axis.stride]?.push(`${output} ${lastTap - i * axis.stride}`)
          }
      expect(pixels).toBe(axis.input)
      expect(found.map((pairs) => pairs.sort())).toEqual(seen.map((pairs) => pairs.sort()))
    }), { seed: 1, numRuns: 500 })
  })

  it('are one for stride 1, with the kernel turned round', () => {
    expect(gradientPhases({ input: 5, output: 5, kernel: 3, stride: 1, before: 1 }))
      .toEqual([{ first: 0, count: 5, taps: 3, lastTap: 2, firstSeen: -1 }])
  })
})

it('seenBy counts the padded pixels from the first tap of the first output to the last of the last', () => {
  expect(seenBy({ input: 28, output: 14, kernel: 3, stride: 2, before: 0 })).toBe(29)
})

it('isPointwise holds for a kernel of 1 without stride or padding only', () => {
  const axis = { input: 4, output: 4, kernel: 1, stride: 1, before: 0 }
  expect(isPointwise(axis)).toBe(true)
  for (const change of [{ kernel: 3, before: 1 }, { stride: 2, output: 2 }, { before: 1, output: 5 }]) expect(isPointwise({ ...axis, ...change })).toBe(false)
})
