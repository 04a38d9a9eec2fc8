import { kolmogorovSmirnov, sampleMoments, splitModes, wasserstein1 } from '@sbgm/evaluation'
import { normalCdf } from '@sbgm/sde-core'
import { atMost, within, type Bar } from '../bar'
import { breather } from '../breather'
import { forwardDiscretisationError } from './discretisation'
import { exactDrawsW1, type ExactMarginals } from './exact-marginals'
import { target } from './problem'
import type { ScoreError } from './score-error'
import type { Part1Settings } from './settings'
import type { Simulation } from './simulation'
import type { Pair, Simulations } from './simulations'

const largest = ({ distances }: Simulation): number => Math.max(...distances)
const w1Limit = 0.12

/** What the forward SDE reached, in numbers. */
export interface ReachedLaw {
  readonly points: number
  readonly mean: number
  readonly variance: number
  /** Kolmogorov–Smirnov distance to N(0, 1). */
  readonly ksToPrior: number
  /** Kolmogorov–Smirnov distance to the exact p_1. */
  readonly ksToExact: number
  /** sup |F − F_1| of the discretised process itself, from the moment recursion. */
  readonly discretisationError: number
  /** sup |Φ − F_1|: how far N(0, 1) is from p_1. */
  readonly priorError: number
  /** 1.95/√n, the 0.1 % level of the distance of n exact draws. */
  readonly samplingLevel: number
}

/** The answer to "what distribution did we reach?". */
export async function reachedLaw({ end }: Simulation, { steps }: Part1Settings): Promise<ReachedLaw> {
  const { mean, variance } = sampleMoments(end)
  const grid = Float64Array.from({ length: 2001 }, (_, i) => -5 + i / 200)
  const breathe = breather(0) // each of these takes tenths of a second
  const ksToPrior = kolmogorovSmirnov(end, normalCdf)
  await breathe()
  const ksToExact = kolmogorovSmirnov(end, (x) => target.cdf(x, 1))
  await breathe()
  const discretisationError = await forwardDiscretisationError(steps)
  await breathe()
  const priorError = Math.max(...grid.map((x) => Math.abs(normalCdf(x) - target.cdf(x, 1))))
  return { points: end.length, mean, variance, ksToPrior, ksToExact, discretisationError, priorError, samplingLevel: 1.95 / Math.sqrt(end.length) }
}

/** What the network costs, apart from what the step costs: the same points and noise with either score. */
export interface PairComparison {
  readonly largestW1: { readonly learned: number; readonly exact: number }
  readonly w1AtEnd: { readonly learned: number; readonly exact: number }
  /** Of x_learned − x_exact at the end, point by point. */
  readonly endDifference: { readonly mean: number; readonly rootMeanSquare: number; readonly largest: number }
  /** The same over the points that end in the same mode as their twin. */
  readonly sameModeDifference: number
  /** What as many exact draws have on average at the end. */
  readonly exactDrawsW1AtEnd: number
  /** Wasserstein-1 distance between the two sets of points at the end. */
  readonly w1Between: number
  /** Points that ended in another mode than with the exact score, as a share; only where the end is the data's law. */
  readonly otherMode?: number
}

/** Compares a simulation with its twin. */
export function comparePair({ learned, exact }: Pair, endTime: 0 | 1, marginals: ExactMarginals): PairComparison {
  const difference = learned.end.map((x, i) => x - exact.end[i])
  const sameMode = difference.filter((_, i) => endTime === 1 || learned.end[i] < 0 === exact.end[i] < 0)
  const rootMeanSquare = (values: Float64Array) => Math.sqrt(values.reduce((sum, d) => sum + d * d, 0) / values.length)
  const endOf = ({ distances }: Simulation) => distances[endTime === 0 ? 0 : distances.length - 1]
  return {
    largestW1: { learned: largest(learned), exact: largest(exact) },
    w1AtEnd: { learned: endOf(learned), exact: endOf(exact) },
    endDifference: {
      mean: sampleMoments(difference).mean,
      rootMeanSquare: rootMeanSquare(difference),
      largest: Math.max(...difference.map(Math.abs)),
    },
    exactDrawsW1AtEnd: exactDrawsW1(marginals, learned.end.length)[endTime === 0 ? 0 : learned.distances.length - 1],
    sameModeDifference: rootMeanSquare(sameMode),
    w1Between: wasserstein1(learned.end, exact.end),
    ...(endTime === 0 && { otherMode: 1 - sameMode.length / difference.length }),
  }
}

/** The bars of part 1. */
export function part1Bars(score: ScoreError, reached: ReachedLaw, simulations: Simulations): Bar[] {
  const { forwardSde, forwardFlow, reverseSde, reverseFlow } = simulations
  const modes = (name: string, { end }: Simulation): Bar[] => {
    const { left, right } = splitModes(end, 0)
    return [
      within(`${name}: weight below 0`, left.weight, 0.5, 0.02),
      within(`${name}: mean below 0`, left.mean, -3, 0.05),
      within(`${name}: mean above 0`, right.mean, 3, 0.05),
      within(`${name}: std below 0`, left.std, 0.5, 0.06),
      within(`${name}: std above 0`, right.std, 0.5, 0.06),
    ]
  }
  return [
    atMost('score: mean of e(t)', score.mean, 0.05),
    atMost('score: largest e(t), t ≥ 0.05', score.largest, 0.15),
    atMost('forward SDE: KS to the exact p_1', reached.ksToExact, reached.samplingLevel + 0.0006),
    atMost('forward SDE: largest W1', largest(forwardSde), 0.05),
    atMost('forward ODE: largest W1', largest(forwardFlow.learned), w1Limit),
    atMost('reverse SDE: largest W1', largest(reverseSde.learned), w1Limit),
    ...modes('reverse SDE', reverseSde.learned),
    atMost('reverse ODE: largest W1', largest(reverseFlow.learned), w1Limit),
    ...modes('reverse ODE', reverseFlow.learned),
  ]
}
