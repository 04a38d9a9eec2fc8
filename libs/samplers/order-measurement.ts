/*
 * How orders are measured: shared by the tests of the orders and by the table of certificates that is generated from them.
 */
import {
  cosineVpSde,
  edmSde,
  gaussianTarget,
  hostSpace,
  hostState,
  lambdaGrid,
  probabilityFlow,
  reverseSde,
  scalarMixtureTarget,
  subVpSde,
  veSde,
  vpSde,
  type FlowModel,
  type HostState,
  type Sampler,
  type Sde,
  type TimeGrid,
} from '@sbgm/sde-core'
import { gaussianW2, momentPropagation, type ScalarMoments } from '@sbgm/sde-core/testing'
import type { Evidence } from './certified-samplers'
import { lastState } from './src/sample'

/** G = N(½, ½²), whose score is affine. */
export const gaussian = (sde: Sde) => gaussianTarget({ sde, mean: 0.5, std: 0.5 })

/** M3 = 0.3 N(−1.2, ¼²) + 0.5 N(0.4, 0.35²) + 0.2 N(1.8, 0.2²). */
export const threeModes = (sde: Sde) => scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })

/** Numbers of steps of the grids that an order is read off, each twice as fine as the last; the finest pair counts. */
export const refinements = [40, 80, 160, 320]

/** An SDE with the ends of its runs and the point where its flow's path begins. */
export interface Setting {
  /** The SDE. */
  readonly sde: Sde
  /** The last time; the first is tMax. */
  readonly to: number
  /** The first point of the path. */
  readonly start: number
}

/** Where orders are two-sided. */
export const vpSetting: Setting = { sde: vpSde(), to: 1e-2, start: 1 }

/** Where they are at least the declared ones. */
export const otherSettings: readonly Setting[] = [
  { sde: subVpSde(), to: 1e-2, start: 1 },
  { sde: veSde(), to: 1e-2, start: 30 },
  { sde: cosineVpSde(), to: 1e-2, start: 1 },
  { sde: edmSde(), to: 2e-3, start: 48 },
]

/** The grid of a setting in equal steps of λ. */
export const gridOf = ({ sde, to }: Pick<Setting, 'sde' | 'to'>, steps: number): TimeGrid => lambdaGrid(sde.schedule, { from: sde.tMax, to, steps })

/** |error| at the end of the flow of one point, against the exact flow map. */
export async function endpointError(sampler: Sampler<HostState>, target: FlowModel, grid: TimeGrid, start: number): Promise<number> {
  const [x, first, last] = [hostState([start]), grid[0], grid[grid.length - 1]]
  const dynamics = probabilityFlow(target.sde, target.predictor('score', hostSpace), hostSpace)
  const end = await lastState({ dynamics, sampler, grid, space: hostSpace, x, seed: 0 })
  return Math.abs(end.data[0] - target.flowMap(x, first, last).data[0])
}

/** The law of x_t of a Gaussian on the line. */
export function lawAt(target: ReturnType<typeof gaussian>, t: number): ScalarMoments {
  const { mean, std } = target.marginal(t)
  return { mean: mean[0], variance: std[0] ** 2 }
}

/** W2 between the law at the end of a reverse run that starts from the exact law, and the exact law there. */
export async function reverseLawError(sampler: Sampler<HostState>, target: ReturnType<typeof gaussian>, grid: TimeGrid): Promise<number> {
  const dynamics = reverseSde(target.sde, target.predictor('score', hostSpace), hostSpace)
  const law = await momentPropagation({ sampler, dynamics, grid, initial: lawAt(target, grid[0]) })
  return gaussianW2(law, lawAt(target, grid[grid.length - 1]))
}

/** Errors on grids of these numbers of steps. */
export const errorsOn = (steps: readonly number[], errorOf: (steps: number) => Promise<number>) => Promise.all(steps.map(errorOf))

/** The error of a sampler on a law in a setting, as a function of the number of steps: of an endpoint, or of the law for stochastic ones. */
export const errorOf =
  (sampler: Sampler<HostState>, { law }: Pick<Evidence, 'law'>, { sde, to, start }: Setting) =>
  (steps: number): Promise<number> =>
    sampler.stochastic
      ? reverseLawError(sampler, gaussian(sde), gridOf({ sde, to }, steps))
      : endpointError(sampler, law === 'G' ? gaussian(sde) : threeModes(sde), gridOf({ sde, to }, steps), start)
