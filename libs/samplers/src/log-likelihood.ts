import {
  fillUniform,
  InvalidArgumentError,
  isDifferentiable,
  ownedStates,
  ShapeError,
  type Dynamics,
  type HostState,
  type Sampler,
  type TimeGrid,
  type VectorSpace,
} from '@sbgm/sde-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { dormandPrince } from './dormand-prince'
import { likelihoodDynamics } from './likelihood-dynamics'
import { appendColumns } from './sample-columns'
import { lastState } from './sample'
import { checkRun } from './sample-run'

/** Arguments of {@link logLikelihood}. */
export interface LogLikelihoodOptions<X = Tensor> {
  /** A probability flow, whose model is differentiable: an exact model, a `predictor(network, …)`, or one made so. */
  readonly dynamics: Dynamics<X>
  /** The space x lives in. */
  readonly space: VectorSpace<X>
  /** The samples whose likelihood is wanted, at the grid's first time; shape (batch, …), borrowed. */
  readonly x: X
  /** The times, increasing: from that of x, such as 1e-3 or 1e-5, to that of the prior, tMax; two are enough for a solver that chooses its steps. */
  readonly grid: TimeGrid
  /** A deterministic solver of the flow's drift: `heun`, `rungeKutta4`, or `dormandPrince`, which chooses its steps. @defaultValue dormandPrince() */
  readonly sampler?: Sampler<X>
  /**
   * How the divergence is found: `exact`, by D vector-Jacobian products for each evaluation, for small D; or `estimate`, by
   * Skilling and Hutchinson's vᵀ J v, which is unbiased, and exact for diagonal J.
   * @defaultValue 'estimate'
   */
  readonly divergence?: 'exact' | 'estimate'
  /** How many v each sample is estimated with; two or more give a standard error. @defaultValue 1 */
  readonly probes?: number
  /** Chooses the v, together with the sample's index: a non-negative integer. */
  readonly seed: number
  /** Index of the first sample, so that a part of a data set sees the v it sees in the whole. @defaultValue 0 */
  readonly firstSample?: number
  /**
   * ln of the prior's density at the samples' states at the grid's last time, in nats, shape (batch,).
   * @defaultValue that of N(0, priorStd² I)
   */
  readonly prior?: (x: HostState) => ArrayLike<number>
  /** Stops the run between steps. */
  readonly signal?: AbortSignal
}

/** ln p of samples, as the sum of its terms; all of shape (batch,), in nats per sample. */
export interface LogLikelihood {
  /** ln p at the grid's first time: prior + scaling + divergence. */
  readonly nats: Float64Array
  /** ln of the prior's density where the flow ends. */
  readonly prior: Float64Array
  /** ∫ D f dt = D ln(α(T)/α(t)): what the SDE's own drift adds, in closed form; one number for all samples. */
  readonly scaling: number
  /** ∫ ∇·(−½ g² score) dt along the flow, the mean over the probes. */
  readonly divergence: Float64Array
  /** Standard error of `divergence`, and so of `nats`, over the probes: 0 where it is exact, NaN for a single probe. */
  readonly standardError: Float64Array
  /** Number of dimensions D of a sample. */
  readonly dimensions: number
  /** Where the flow ends, in float64: the samples' latent code. */
  readonly latent: HostState
  /** Evaluations of the model, each with a backward pass, of the whole batch. */
  readonly evaluations: number
}

/**
 * The exact log-likelihood of samples under a score model, by the probability flow: with the drift f̃ of the flow,
 * ln p_t(x_t) = ln p_T(x_T) + ∫ ∇·f̃(x_u, u) du from t to T. Exact but for the solver's steps, the prior's mismatch at T, and, for
 * `estimate`, the noise of the v, one for each sample and probe, with entries ±1, the same throughout the solve.
 *
 * It is ln p at the grid's first time, not of the data themselves: at t = 1e-3 under VP the two differ by some 1e-4 nats per dimension
 * for densities of width ½, and without bound for data on a manifold. {@link bitsPerDimension} makes bits of it.
 *
 * @returns host numbers; nothing to dispose of
 * @throws InvalidArgumentError, before any work, for dynamics that are no probability flow or have no differentiable model, a sampler
 * that draws noise, a grid that falls or leaves [0, tMax], probes that are no integer of at least 1; ShapeError for a state without
 * batch axis, or a prior that does not give one number per sample; while it runs what {@link sample} throws, and MissingGradientError for a network
 * where TensorFlow.js has no gradients registered.
 * @see Song et al. 2021, arXiv:2011.13456, section 4.3 and appendix D.2, eqs. 39 and 40; Skilling 1989; Hutchinson 1990.
 */
export async function logLikelihood<X = Tensor>(options: LogLikelihoodOptions<X>): Promise<LogLikelihood> {
  const { dynamics, space, x, grid, sampler = dormandPrince<X>(), divergence = 'estimate', probes = 1, seed, firstSample = 0, signal } = options
  const { model, sde } = dynamics
  if (!model || dynamics.kind !== 'probability-flow') throw new InvalidArgumentError('dynamics.kind', dynamics.kind, "'probability-flow': an SDE has no likelihood of its own")
  if (!isDifferentiable(model)) {
    throw new InvalidArgumentError('dynamics.model', `a ${model.predicts} model without vectorJacobian`, 'differentiable, such as predictor(network, …) or differentiableOnTensors(model)')
  }
  if (sampler.stochastic) throw new InvalidArgumentError('sampler', sampler.name, 'deterministic, such as dormandPrince()')
  if (divergence !== 'exact' && divergence !== 'estimate') throw new InvalidArgumentError('divergence', divergence, "'exact' or 'estimate'")
  if (!(Number.isInteger(probes) && probes >= 1)) throw new InvalidArgumentError('probes', probes, 'an integer of at least 1')
  const run = { dynamics, sampler, grid, space, x, seed, firstSample, lastStep: 'sample', ...(signal && { signal }) } as const
  checkRun<X>(run)
  if (!(grid[grid.length - 1] > grid[0])) throw new InvalidArgumentError('grid', grid, 'increasing, from the time of the data to that of the prior')

  const shape = space.shape(x)
  const [batch, ...sampleShape] = shape
  const dimensions = sampleShape.reduce((product, axis) => product * axis, 1)
  const { own, release } = ownedStates(space)
  const filled = (value: number, width: number) => own(space.fromHost({ data: new Float64Array(batch * width).fill(value), shape: [batch, width] }))
  let evaluations = 0
  let end: HostState
  try {
    const vectors = (divergence === 'exact' ? unitVectors(shape) : signs(shape, { count: probes, seed, firstSample })).map((v) => own(space.fromHost(v)))
    const columns = divergence === 'exact' ? 'sum' : 'each'
    const onEvaluation = () => evaluations++
    const augmented = likelihoodDynamics<X>({ flow: dynamics, model, space, sampleShape, probes: vectors, columns, ones: filled(1, 1), onEvaluation })
    const start = own(space.implementBinary(appendColumns)(x, filled(0, divergence === 'exact' ? 1 : probes)))
    end = await space.toHost(own(await lastState<X>({ ...run, dynamics: augmented, x: start })))
  } finally {
    release()
  }
  const { latent, means, errors } = partsOf(end, sampleShape)
  const prior = Float64Array.from((options.prior ?? normalPrior(sde.priorStd))(latent))
  if (prior.length !== batch) throw new ShapeError('what prior returns', [batch], [prior.length])
  const scaling = dimensions * (Math.log(sde.schedule.alpha(grid[grid.length - 1])) - Math.log(sde.schedule.alpha(grid[0])))
  return {
    nats: prior.map((value, sample) => value + scaling + means[sample]),
    prior,
    scaling,
    divergence: means,
    standardError: divergence === 'exact' ? new Float64Array(batch) : errors,
    dimensions,
    latent,
    evaluations,
  }
}

/** The D unit vectors, each for all samples. */
function unitVectors([batch, ...sampleShape]: readonly number[]): readonly HostState[] {
  const dimensions = sampleShape.reduce((product, axis) => product * axis, 1)
  return Array.from({ length: dimensions }, (_, d) => {
    const data = new Float64Array(batch * dimensions)
    for (let sample = 0; sample < batch; sample++) data[sample * dimensions + d] = 1
    return { data, shape: [batch, ...sampleShape] }
  })
}

/** Vectors of entries ±1, keyed by sample. */
function signs(shape: readonly number[], { count, seed, firstSample }: { count: number; seed: number; firstSample: number }): readonly HostState[] {
  const size = shape.reduce((product, axis) => product * axis, 1)
  return Array.from({ length: count }, (_, draw) => {
    const data = new Float64Array(size)
    fillUniform(data, size / shape[0], { seed, stream: 'likelihood/probe', step: 0, firstSample, draw })
    return { data: data.map((u) => (u < 0.5 ? -1 : 1)), shape }
  })
}

/** The final state taken apart: x, and mean and standard error of the columns behind it. */
function partsOf({ data, shape: [batch, width] }: HostState, sampleShape: readonly number[]): { latent: HostState; means: Float64Array; errors: Float64Array } {
  const dimensions = sampleShape.reduce((product, axis) => product * axis, 1)
  const count = width - dimensions
  const latent = { data: new Float64Array(batch * dimensions), shape: [batch, ...sampleShape] }
  const [means, errors] = [new Float64Array(batch), new Float64Array(batch)]
  for (let sample = 0; sample < batch; sample++) {
    const row = data.subarray(sample * width, (sample + 1) * width)
    latent.data.set(row.subarray(0, dimensions), sample * dimensions)
    const columns = row.subarray(dimensions)
    means[sample] = columns.reduce((total, value) => total + value, 0) / count
    const squares = columns.reduce((total, value) => total + (value - means[sample]) ** 2, 0)
    errors[sample] = Math.sqrt(squares / (count - 1) / count)
  }
  return { latent, means, errors }
}

/** ln of N(0, std² I) at each sample. */
const normalPrior = (std: number) => ({ data, shape: [batch] }: HostState): Float64Array => {
  const size = data.length / batch
  return Float64Array.from({ length: batch }, (_, sample) => {
    const squares = data.subarray(sample * size, (sample + 1) * size).reduce((total, value) => total + value * value, 0)
    return -0.5 * (squares / std ** 2 + size * Math.log(2 * Math.PI * std ** 2))
  })
}
