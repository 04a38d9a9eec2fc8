import { hostSpace, hostState, labelledMixtureTarget, vpSde, type HostState, type Predictor } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { classifier } from './classifier'
import { compose, type Guidance } from './guidance'

const space = hostSpace
const target = labelledMixtureTarget({ sde: vpSde(), weights: [0.4, 0.6], means: [[-1], [1]], stds: [[0.5], [0.4]] })
const score = target.predictor('score', space)
const x = hostState([-1, 0.3, 2])
const times = Float64Array.of(0.1, 0.3, 0.7)
const at = async (model: Predictor<'score', HostState>) => (await model.evaluate(x, times)).data

const [a, b] = [0, 1].map((label) => classifier({ gradient: target.labelGradient(label, space), scale: label + 0.5, space }))
/** Twice the score: does not commute with the addition of a gradient. */
const doubled: Guidance<HostState> = (model) => ({ ...model, evaluate: async (y, t) => space.combine([2], [await model.evaluate(y, t)]) })

describe('composition', () => {
  it('is associative, to the bit, and goes from left to right', async () => {
    const both: Guidance<HostState> = (model) => compose(model, a, doubled)
    const inSteps = compose(compose(compose(score, a), doubled), b)
    expect(await at(compose(score, a, doubled, b))).toEqual(await at(inSteps))
    expect(await at(compose(score, both, b))).toEqual(await at(inSteps))
    expect(await at(compose(score, (model) => compose(model, a), (model) => compose(model, doubled, b)))).toEqual(await at(inSteps))
    expect(await at(compose(score, doubled, a))).not.toEqual(await at(compose(score, a, doubled)))
    expect(await at(compose(score, a, doubled))).toEqual((await at(compose(score, a))).map((value) => 2 * value))
  })

  it('of two classifiers does not ask for an order (1e-14)', async () => {
    const [one, other] = [await at(compose(score, a, b)), await at(compose(score, b, a))]
    one.forEach((value, i) => expect(Math.abs(value - other[i])).toBeLessThan(1e-14 * (1 + Math.abs(value))))
  })

  it('of nothing is the model itself', () => expect(compose(score)).toBe(score))

  it('keeps tMin, below which neither the model nor what guides it is asked', () => {
    expect(compose({ ...score, tMin: 1e-3 }, a, b).tMin).toBe(1e-3)
    expect(compose(score, a).tMin).toBe(0)
  })

  it('refuses a model that does not predict the score, and says what makes it one', () => {
    const noise = target.predictor('noise', space) as unknown as Predictor<'score', HostState>
    expect(() => compose(noise, a)).toThrow("score.predicts must be 'score' (convert(model, 'score', { sde, space }) makes it so); got 'noise'.")
  })
})
