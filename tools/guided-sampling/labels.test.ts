import '@tensorflow/tfjs-backend-cpu'
import { classifier, classifierFree, compose } from '@sbgm/guidance'
import { lastState } from '@sbgm/samplers'
import {
  hostSpace, hostState, labelledMixtureTarget, lambdaGrid, probabilityFlow, reverseSde, tensorSpace, vpSde,
  type HostState, type Prediction, type Predictor, type Sampler, type VectorSpace,
} from '@sbgm/sde-core'
import { gaussianW2 } from '@sbgm/sde-core/testing'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { deterministicSamplers, stochasticSamplers } from '../../libs/samplers/certified-samplers'
import { everySampler, followsItsNoise, type NamedSampler } from './every-sampler'
import { gaussianLaw } from './gaussian-law'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const target = labelledMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [[-1.2], [0.4], [1.8]], stds: [[0.25], [0.35], [0.2]] })
const label = 1
const component = target.component(label)
const grid = (steps: number) => lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps })
const dynamicsFor = <X>(sampler: Sampler<X>, model: Predictor<Prediction, X>, space: VectorSpace<X>) => (sampler.stochastic ? reverseSde : probabilityFlow)(sde, model, space)

const byClassifier = <X>(space: VectorSpace<X>, scale: number) =>
  compose(target.predictor('score', space), classifier({ gradient: target.labelGradient(label, space), scale, space }))
const byLabel = <P extends Prediction, X>(predicts: P, space: VectorSpace<X>, scale: number) =>
  classifierFree(target.labelledPredictor(predicts, space), { label, scale, space })

const start = hostState([-2, -0.5, 0, 1, 2])

/** Where the points end, by a sampler with a model in its dynamics. */
async function endOf<X>(make: NamedSampler['make'], space: VectorSpace<X>, model: Predictor<Prediction, X>): Promise<HostState> {
  const sampler = make<X>()
  const x = space.fromHost(start)
  return space.toHost(await lastState({ dynamics: dynamicsFor(sampler, model, space), sampler, grid: grid(20), space, x, seed: 7 }))
}
const differenceOf = (a: HostState, b: HostState) => Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])))

it('there are samplers to be guided', () => expect(everySampler.length).toBeGreaterThan(12))

describe.each(everySampler)('$name, 20 steps, seed 7', ({ make }) => {
  const samePath = followsItsNoise(make()) ? 1e-3 : 1e-9

  it('guided with scale 1, by the classifier or without one, whatever is predicted, takes the path of the class\'s own model (1e-9; 1e-3 where steps depend on the noise)', async () => {
    const own = await endOf(make, hostSpace, component.predictor('score', hostSpace))
    const guided = [byClassifier(hostSpace, 1), ...(['score', 'noise', 'data', 'v'] as const).map((predicts) => byLabel(predicts, hostSpace, 1))]
    for (const model of guided) expect(differenceOf(await endOf(make, hostSpace, model), own)).toBeLessThan(samePath)
    expect(differenceOf(await endOf(make, hostSpace, byClassifier(hostSpace, 0.5)), own)).toBeGreaterThan(1e-2) // a scale that is another is seen
  })

  it('guided with scale 0 takes the path of the unguided model, to the bit; with another scale both guidances take one path (1e-9; 1e-3 where steps depend on the noise)', async () => {
    const unguided = await endOf(make, hostSpace, target.predictor('score', hostSpace))
    expect(await endOf(make, hostSpace, byClassifier(hostSpace, 0))).toEqual(unguided)
    expect(await endOf(make, hostSpace, byLabel('score', hostSpace, 0))).toEqual(unguided)
    expect(differenceOf(await endOf(make, hostSpace, byClassifier(hostSpace, 3)), await endOf(make, hostSpace, byLabel('noise', hostSpace, 3)))).toBeLessThan(samePath)
  })
})

describe.each(everySampler.filter(({ make }) => !followsItsNoise(make())))('$name, 20 steps, seed 7', ({ make }) => {
  it('guided on tensors (cpu) follows float64: max|Δ| ≤ 1e-4 max|x|', async () => {
    const [exact, onTensors] = [await endOf(make, hostSpace, byClassifier(hostSpace, 1)), await endOf<Tensor>(make, tensorSpace, byClassifier(tensorSpace, 1))]
    expect(differenceOf(onTensors, exact)).toBeLessThan(1e-4 * Math.max(...exact.data.map(Math.abs)))
  })
})

describe.each([...deterministicSamplers, ...stochasticSamplers])('$call, 160 equal steps of λ, VP, t = 1 to 0.01', ({ sampler }) => {
  const law = (t: number) => ({ mean: component.marginal(t).mean[0], variance: component.marginal(t).std[0] ** 2 })

  it.each([
    ['the classifier of the mixture', () => byClassifier(hostSpace, 1)],
    ['its labelled noise model', () => byLabel('noise', hostSpace, 1)],
  ])('guided by %s with scale 1 gives the law of the class (W2 at most 2e-2, of a standard deviation 0.35)', async (_, model) => {
    const initial = { mean: [law(1).mean], covariance: [[law(1).variance]] }
    const { mean, covariance } = await gaussianLaw((space) => ({ dynamics: dynamicsFor(sampler, model(), space), sampler, grid: grid(160), lastStep: 'sample' }), initial)
    expect(gaussianW2({ mean: mean[0], variance: covariance[0][0] }, law(1e-2))).toBeLessThan(2e-2)
  })
})
