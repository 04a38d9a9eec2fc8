import { lastState, type SampleRun } from '@sbgm/samplers'
import { hostSpace, type HostState, type NoiseKey, type VectorSpace } from '@sbgm/sde-core'

/** A Gaussian law of D numbers. */
export interface GaussianLaw {
  /** Its mean, (D,). */
  readonly mean: readonly number[]
  /** Its covariance, (D, D). */
  readonly covariance: readonly (readonly number[])[]
}

/** A run whose every update is affine in state and noise, in a space that is handed to it. */
export type AffineRun = (space: VectorSpace<HostState>) => Omit<SampleRun<HostState>, 'x' | 'space' | 'seed'>

/**
 * The exact law at the end of a run that starts from a Gaussian law, constraint and last step included, without drawing a number.
 *
 * The run's space answers each request for noise with an impulse in one sample of the batch: so one run of the real driver reads off what
 * each number of the start and each number of the noise does to the end. Checked by one sample more, in which all act at once.
 */
export async function gaussianLaw(run: AffineRun, initial: GaussianLaw): Promise<GaussianLaw> {
  const size = initial.mean.length
  const draws = new Map<string, number>()
  const name = ({ stream, step, draw }: NoiseKey) => `${stream}/${step}/${draw}`
  const silent = withNoise((key, like) => {
    if (draws.has(name(key))) throw new Error(`The noise ${name(key)} was drawn twice.`)
    draws.set(name(key), draws.size)
    return { data: new Float64Array(like.data.length), shape: like.shape }
  })
  await lastState({ ...run(silent), space: silent, seed: 0, x: { data: new Float64Array(size), shape: [1, size] } })

  const batch = 2 + size + draws.size * size
  const x = { data: new Float64Array(batch * size), shape: [batch, size] }
  for (let d = 0; d < size; d++) x.data[(2 + d) * size + d] = x.data[size + d] = 1
  const ringing = withNoise((key, like) => {
    const impulse = new Float64Array(like.data.length)
    const row = 2 + size + (draws.get(name(key)) as number) * size
    for (let d = 0; d < size; d++) impulse[(row + d) * size + d] = impulse[size + d] = 1
    return { data: impulse, shape: like.shape }
  })
  const { data } = await lastState({ ...run(ringing), space: ringing, seed: 0, x })

  const offset = Array.from(data.subarray(0, size))
  const responses = Array.from({ length: batch - 2 }, (_, row) => offset.map((b, d) => data[(2 + row) * size + d] - b))
  offset.forEach((b, d) => {
    const all = responses.reduce((sum, response) => sum + response[d], b)
    const scale = responses.reduce((sum, response) => sum + Math.abs(response[d]), Math.abs(b))
    if (!(Math.abs(all - data[size + d]) <= 1e-9 * scale)) throw new Error('The run is not affine in its start and its noise.')
  })
  const [fromStart, fromNoise] = [responses.slice(0, size), responses.slice(size)]
  return {
    mean: offset.map((b, d) => fromStart.reduce((sum, response, i) => sum + response[d] * initial.mean[i], b)),
    covariance: offset.map((_, d) =>
      offset.map((_b, e) => {
        const kept = fromStart.reduce((sum, a, i) => sum + fromStart.reduce((part, b, j) => part + a[d] * initial.covariance[i][j] * b[e], 0), 0)
        return fromNoise.reduce((sum, response) => sum + response[d] * response[e], kept)
      }),
    ),
  }
}

/** Host float64 arrays with another source of noise. */
const withNoise = (normal: (key: NoiseKey, like: HostState) => HostState): VectorSpace<HostState> => ({ ...hostSpace, normal })
