import '@tensorflow/tfjs-backend-cpu'
import { normalCdf, tensorSpace } from '@sbgm/sde-core'
import { add, setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { exactDrawsW1, exactMarginals, fineBins, shownBins, shownCounts, shownEdges } from './exact-marginals'
import { forwardDiscretisationError } from './discretisation'
import { target } from './problem'
import { comparePair, reachedLaw } from './results'
import { compareScores, scoreError } from './score-error'
import { part1Settings } from './settings'
import type { Simulation } from './simulation'
import { runSimulations } from './simulations'
import { unifiedLoss } from './unified-loss'

beforeAll(() => setBackend('cpu'))

const quiet = { stage: () => ({ advance: () => undefined, skip: () => undefined, end: () => undefined }), note: () => undefined }
const context = { seed: 1, signal: new AbortController().signal, progress: quiet }

describe('the error of a score', () => {
  it('of the exact model is float32 rounding: below 1e-5 at every time', async () => {
    const { errors, mean, largest } = await scoreError(target.predictor('v', tensorSpace), context.signal)
    expect(errors).toHaveLength(100)
    expect(Math.max(...errors)).toBeLessThan(1e-5)
    expect(mean).toBeLessThan(1e-5)
    expect(largest).toBeLessThan(1e-5)
  })

  it('of a score that is 10 % too large is 10 % at every time (1e-5)', async () => {
    const exact = target.predictor('score', tensorSpace)
    const { errors } = await scoreError({
      predicts: 'score',
      async evaluate(x, t) {
        const score = await exact.evaluate(x, t)
        const larger = tensorSpace.combine([1.1], [score])
        score.dispose()
        return larger
      },
    }, context.signal)
    errors.forEach((error) => expect(Math.abs(error - 0.1)).toBeLessThan(1e-5))
  })

  it('compares over [−8, 8]', async () => {
    const { x, learned, exact } = await compareScores(target.predictor('noise', tensorSpace), 0.3)
    expect([x[0], x[x.length - 1]]).toEqual([-8, 8])
    learned.forEach((value, i) => expect(Math.abs(value - exact[i])).toBeLessThan(1e-4))
  })
})

describe('the unified loss', () => {
  it('of the exact score on tensors is that in float64 (1e-6), and a score that is too large by δ/σ costs δ² more (n = 20,000, seed 1, 5 standard errors)', async () => {
    const exact = target.predictor('score', tensorSpace)
    const same = await unifiedLoss(exact, 1, 20_000)
    expect(Math.abs(same.learned - same.exact)).toBeLessThan(1e-6)
    const off = await unifiedLoss(
      {
        predicts: 'noise',
        async evaluate(x, t) {
          const noise = await target.predictor('noise', tensorSpace).evaluate(x, t)
          const shifted = add(noise, -0.3)
          noise.dispose()
          return shifted
        },
      },
      1,
      20_000,
    )
    // the cross term 2 · 0.3 · (ε̂ − ε) has mean 0 and, with E(ε̂ − ε)² = the exact loss, this standard error
    const standardError = (0.6 * Math.sqrt(off.exact)) / Math.sqrt(20_000)
    expect(Math.abs(off.learned - off.exact - 0.09)).toBeLessThan(5 * standardError)
  })
})

describe('the discretisation error of the forward SDE', () => {
  it('falls like the step: 500 to 1000 steps halve it (ratio 2 ± 0.1), to at most 0.0006 at 1000', async () => {
    const [coarse, fine] = [await forwardDiscretisationError(500), await forwardDiscretisationError(1000)]
    expect(Math.abs(coarse / fine - 2)).toBeLessThan(0.1)
    expect(fine).toBeLessThan(0.0006)
    expect(fine).toBeGreaterThan(1e-5)
  })
})

describe('the exact marginals', () => {
  it('are tabulated distribution functions and cell averages of the density (1e-12)', async () => {
    const { cdf, density } = await exactMarginals([0, 0.5, 1], context.signal)
    expect(density).toHaveLength(3 * shownBins)
    for (const [column, t] of [0, 0.5, 1].entries()) {
      for (const x of [-3, 0.005, 2.5]) expect(Math.abs(cdf(column)(x) - target.cdf(x, t))).toBeLessThan(1e-12)
      for (const bin of [0, 60, 120, shownBins - 1]) {
        const average = (target.cdf(shownEdges[bin + 1], t) - target.cdf(shownEdges[bin], t)) / (shownEdges[bin + 1] - shownEdges[bin])
        expect(Math.abs(density[column * shownBins + bin] - average)).toBeLessThan(1e-12)
      }
    }
  })

  it('know the distance of a sample: √n W1 of n draws of N(0, 1) is 1.288 on average (the known value; 0.2 %), at t = 1', async () => {
    const marginals = await exactMarginals([0, 1], context.signal)
    expect(Math.abs(100 * exactDrawsW1(marginals, 10_000)[1] - 1.288)).toBeLessThan(0.0026)
    // at t = 0, between the modes F = ½ over a length of about 5: far more
    expect(exactDrawsW1(marginals, 10_000)[0]).toBeGreaterThan(2 * exactDrawsW1(marginals, 10_000)[1])
  })

  it('share their bins with the histograms: a fine bin is counted in the shown bin it lies in', () => {
    const fineWidth = (fineBins.high - fineBins.low) / fineBins.bins
    for (const x of [-5.99, -0.001, 0.001, 3.33, 5.99]) {
      const counts = new Uint32Array(fineBins.bins)
      counts[Math.floor((x - fineBins.low) / fineWidth)] = 7
      const bin = shownCounts(counts).indexOf(7)
      expect(shownEdges[bin]).toBeLessThanOrEqual(x)
      expect(shownEdges[bin + 1]).toBeGreaterThan(x)
    }
  })
})

describe('the simulations with the exact score in the place of the learned one', () => {
  it('agree with their twins exactly, and see the noise and the points that the seed gives', async () => {
    const settings = { ...part1Settings.smoke, steps: 20, points: 50, forwardPoints: 100 }
    const simulations = await runSimulations(settings, target.predictor('score', tensorSpace), context)
    for (const [pair, end] of [[simulations.forwardFlow, 1], [simulations.reverseSde, 0], [simulations.reverseFlow, 0]] as const) {
      const { endDifference, sameModeDifference, w1Between, largestW1, otherMode } = comparePair(pair, end, simulations.marginals)
      expect([endDifference.rootMeanSquare, endDifference.largest, sameModeDifference, w1Between]).toEqual([0, 0, 0, 0])
      expect(largestW1.learned).toBe(largestW1.exact)
      expect(otherMode).toBe(end === 0 ? 0 : undefined)
      expect(pair.learned.times).toHaveLength(21)
      expect([pair.learned.times[0], pair.learned.times[20]]).toEqual([0, 1])
      for (let column = 0; column <= 20; column++) {
        const inside = pair.learned.counts.subarray(column * shownBins, (column + 1) * shownBins).reduce((sum, n) => sum + n, 0)
        expect(inside).toBeLessThanOrEqual(50)
        expect(inside).toBeGreaterThanOrEqual(48) // all but stray points lie within ±6
      }
    }
    const [first, second] = simulations.reverseSde.learned.paths
    expect(first.times[0]).toBe(1)
    expect(first.times[20]).toBe(0)
    expect(first.values).not.toEqual(second.values)
    expect(simulations.reverseFlow.learned.paths[0].values[0]).toBe(first.values[0]) // both start from the same prior draw
  })
})

describe('the answer to what was reached', () => {
  it('for exact draws of p_1 is p_1 within the sampling level, with moments within 5 standard errors (n = 20,000, seed 3)', async () => {
    const { hostSpace } = await import('@sbgm/sde-core')
    const end = target.draw(hostSpace, { count: 20_000, seed: 3, t: 1 }).data
    const reached = await reachedLaw({ end } as Simulation, part1Settings.quick)
    expect(reached.ksToExact).toBeLessThan(reached.samplingLevel)
    expect(Math.abs(reached.mean)).toBeLessThan(5 / Math.sqrt(20_000))
    expect(Math.abs(reached.variance - 1)).toBeLessThan(5 * Math.sqrt(2 / 20_000) + 0.001)
    expect(reached.priorError).toBeCloseTo(Math.abs(normalCdf(1) - target.cdf(1, 1)), 3)
  })
})
