import { gaussianTarget, hostSpace, hostState, lambdaGrid, probabilityFlow, vpSde } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { bitsPerDimension } from './bits-per-dimension'
import { uniformDequantization } from './dequantization'
import { logLikelihood, type LogLikelihood } from './log-likelihood'

const likelihood = (nats: readonly number[], dimensions = 2): LogLikelihood => ({
  nats: Float64Array.from(nats),
  prior: Float64Array.from(nats, (value) => value - 3),
  scaling: 1,
  divergence: Float64Array.from(nats, () => 2),
  standardError: Float64Array.from(nats, () => 0.1),
  dimensions,
  latent: hostState(new Float64Array(nats.length * dimensions), [nats.length, dimensions]),
  evaluations: 1,
})

describe('bits per dimension', () => {
  it('are the sum of named terms: −ln p/(D ln 2), with mean and standard error over the samples of all batches', () => {
    const { total, terms, mean, standardError, probeError } = bitsPerDimension([likelihood([-2, -4]), likelihood([-9])])
    expect(Object.keys(terms)).toEqual(['prior', 'scaling', 'divergence', 'transform'])
    ;[2, 4, 9].forEach((value, i) => expect(Math.abs(total[i] - value / 2 / Math.LN2)).toBeLessThan(1e-14))
    expect(Math.abs(mean - 5 / 2 / Math.LN2)).toBeLessThan(1e-14)
    expect(Math.abs(standardError - Math.sqrt((9 + 1 + 16) / 2 / 3) / 2 / Math.LN2)).toBeLessThan(1e-14)
    expect(Math.abs(probeError[2] - 0.1 / 2 / Math.LN2)).toBeLessThan(1e-15)
    expect(Array.from(terms.transform, Math.abs)).toEqual([0, 0, 0])
  })

  it('gain 7 for 256 levels in [−1, 1) and 8 in [0, 1), and what is given as a correction', () => {
    const plain = bitsPerDimension(likelihood([-2])).mean
    const gained = (options: Parameters<typeof bitsPerDimension>[1]) => bitsPerDimension(likelihood([-2]), options).mean - plain
    expect(gained(uniformDequantization())).toBeCloseTo(7, 12)
    expect(gained(uniformDequantization({ low: 0 }))).toBeCloseTo(8, 12)
    expect(gained({ logScale: [-Math.LN2] })).toBeCloseTo(1, 12)
    expect(gained({ corrections: { mismatch: 2 * Math.LN2 } })).toBeCloseTo(-1, 12)
  })

  it('of standard normal data are those of the law’s entropy, ½ log₂(2πe) (5 standard errors, n = 400, seed 1)', async () => {
    const sde = vpSde()
    const model = gaussianTarget({ sde, mean: 0, std: 1 }) // under VP it stays N(0, 1) at every time
    const x = model.draw(hostSpace, { count: 400, seed: 1 })
    const dynamics = probabilityFlow(sde, model.predictor('noise', hostSpace), hostSpace)
    const result = bitsPerDimension(await logLikelihood({ dynamics, space: hostSpace, x, grid: lambdaGrid(sde.schedule, { from: 1e-3, to: 1, steps: 30 }), seed: 1 }))
    expect(Math.abs(result.mean - 0.5 * Math.log2(2 * Math.PI * Math.E))).toBeLessThan(5 * result.standardError)
    expect(result.standardError).toBeLessThan(0.06) // √(½) / ln 2 / √400 = 0.051
  })

  it('refuse no likelihood, two dimensions, lists of another length, and a correction that has a term’s name', () => {
    expect(() => bitsPerDimension([])).toThrow('likelihood must be at least one')
    expect(() => bitsPerDimension([likelihood([1]), likelihood([1], 3)])).toThrow('must have shape (2); got (3).')
    expect(() => bitsPerDimension(likelihood([1, 2]), { logScale: [1] })).toThrow('logScale must have shape (2); got (1).')
    expect(() => bitsPerDimension(likelihood([1, 2]), { corrections: { end: [1] } })).toThrow('corrections.end must have shape (2); got (1).')
    expect(() => bitsPerDimension(likelihood([1]), { corrections: { prior: 1 } })).toThrow("corrections must be named otherwise than the terms prior, scaling, divergence, transform; got 'prior'.")
  })
})

describe('uniform dequantisation', () => {
  it('puts each integer somewhere in its own level, the same whatever the batch, evenly (5 standard errors, n = 10,000, seed 2)', () => {
    const map = uniformDequantization({ levels: 4 })
    const data = Uint8Array.from({ length: 10_000 }, (_, i) => i % 4)
    const x = map.dequantize({ space: hostSpace, data, shape: [100, 100], seed: 2 })
    const shares = x.data.map((value, i) => (value + 1) / 0.5 - data[i])
    expect(shares.every((share) => share >= 0 && share < 1)).toBe(true)
    expect(Math.abs(shares.reduce((sum, share) => sum + share, 0) / 10_000 - 0.5)).toBeLessThan((5 * Math.sqrt(1 / 12)) / 100)
    const part = map.dequantize({ space: hostSpace, data: data.slice(700, 800), shape: [1, 100], seed: 2, firstSample: 7 })
    expect(part.data).toEqual(x.data.slice(700, 800))
  })

  it('refuses data outside its levels, another shape, and a range without width', () => {
    const { dequantize } = uniformDequantization()
    expect(() => dequantize({ space: hostSpace, data: [0, 256], shape: [1, 2], seed: 1 })).toThrow('data[1] must be an integer from 0 to 255; got 256.')
    expect(() => dequantize({ space: hostSpace, data: [0.5], shape: [1, 1], seed: 1 })).toThrow('data[0] must be an integer')
    expect(() => dequantize({ space: hostSpace, data: [0], shape: [1, 2], seed: 1 })).toThrow('data of 1 numbers')
    expect(() => uniformDequantization({ levels: 1 })).toThrow('levels must be an integer of at least 2')
    expect(() => uniformDequantization({ low: 1 })).toThrow('high must be a number greater than low (1); got 1.')
  })
})
