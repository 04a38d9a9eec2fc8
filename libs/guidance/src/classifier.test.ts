import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { hostSpace, hostState, InvalidArgumentError, labelledMixtureTarget, ShapeError, tensorSpace, timesOf, vpSde, type HostState, type Predictor, type Times } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { classifier } from './classifier'
import { compose } from './guidance'
import type { LabelGradient } from './label-gradient'

beforeAll(() => setBackend('cpu'))

const space = hostSpace
const target = labelledMixtureTarget({ sde: vpSde(), weights: [0.2, 0.5, 0.3], means: [[-1, 0.5], [0.5, 1], [1, -1]], stds: [[0.3, 0.5], [0.6, 0.2], [0.4, 0.4]] })
const score = target.predictor('score', space)
const x = hostState([-0.7, 0.2, 0.1, 0.9, 1.3, -0.4, 0, 0], [4, 2])
const times = Float64Array.of(0.02, 0.3, 0.3, 0.7)
const maxDifference = (a: HostState, b: HostState) => Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])))

/** A gradient that counts how often it is asked for. */
const counted = <X>(gradient: LabelGradient<X>) => {
  const counter = { calls: 0, gradient: (y: X, t: Times) => (counter.calls++, gradient(y, t)) }
  return counter
}

describe('classifier guidance', () => {
  it('with scale 1 and the responsibilities as classifier has the score of the class (1e-12 of its size), each sample at its own time', async () => {
    for (const label of [0, 1, 2]) {
      const guided = compose(score, classifier({ gradient: target.labelGradient(label, space), scale: 1, space }))
      const own = await target.component(label).predictor('score', space).evaluate(x, times)
      const size = Math.max(...own.data.map(Math.abs))
      expect(maxDifference(await guided.evaluate(x, times), own)).toBeLessThan(1e-12 * size)
    }
  })

  it('adds γ(t) times the gradient, at the time of each sample', async () => {
    const gradient = target.labelGradient([2, 0, 1, 1], space)
    const guided = compose(score, classifier({ gradient, scale: (t) => 3 * t, space }))
    const expected = space.combine([1, times.map((t) => 3 * t)], [await score.evaluate(x, times), gradient(x, times)])
    expect(maxDifference(await guided.evaluate(x, times), expected)).toBe(0)
  })

  it('of scale 0 asks for no gradient and changes nothing, also at those times where a function says 0', async () => {
    const { gradient } = counted(target.labelGradient(0, space))
    const none = counted(gradient)
    const guided = compose(score, classifier({ gradient: none.gradient, scale: 0, space }))
    expect(await guided.evaluate(x, times)).toEqual(await score.evaluate(x, times))
    expect(none.calls).toBe(0)

    const late = counted(gradient)
    const scheduled = compose(score, classifier({ gradient: late.gradient, scale: (t) => (t < 0.5 ? 2 : 0), space }))
    await scheduled.evaluate(x, timesOf(space, x, 0.6))
    expect(late.calls).toBe(0)
    await scheduled.evaluate(x, timesOf(space, x, 0.4))
    expect(late.calls).toBe(1)
    await scheduled.evaluate(x, times)
    expect(late.calls).toBe(2)
  })

  it('gives a sample whose scale is 0 the score, to the bit, though the gradient is not finite at its time', async () => {
    const gradient: LabelGradient<HostState> = (y, t) => space.combine([t.map((time) => (time < 0.5 ? 1 : NaN))], [target.labelGradient(0, space)(y, t) as HostState])
    const guided = await compose(score, classifier({ gradient, scale: (t) => (t < 0.5 ? 2 : 0), space })).evaluate(x, times)
    const [plain, everywhere] = [await score.evaluate(x, times), await compose(score, classifier({ gradient: target.labelGradient(0, space), scale: 2, space })).evaluate(x, times)]
    expect(guided).toEqual(space.concat([space.slice(everywhere, 0, 3), space.slice(plain, 3, 1)]))
  })

  it('gives the third sample of a batch what it gives it alone, to the bit', async () => {
    const guidedTo = (labels: readonly number[]) => compose(score, classifier({ gradient: target.labelGradient(labels, space), scale: 2, space }))
    const together = await guidedTo([2, 0, 1, 1]).evaluate(x, times)
    const alone = await guidedTo([1]).evaluate(space.slice(x, 2, 1), times.slice(2, 3))
    expect(alone).toEqual(space.slice(together, 2, 1))
  })

  it('on tensors follows float64 (1e-5) and leaves nothing behind', async () => {
    const exact = await compose(score, classifier({ gradient: target.labelGradient(1, space), scale: 2.5, space })).evaluate(x, times)
    const leak = await tensorLeak(async () => {
      const state = tensorSpace.fromHost(x)
      const gradient = target.labelGradient(1, tensorSpace)
      const guided = compose(target.predictor('score', tensorSpace), classifier({ gradient, scale: 2.5, space: tensorSpace }))
      const onTensors = await guided.evaluate(state, times)
      expect(maxDifference(await tensorSpace.toHost(onTensors), exact)).toBeLessThan(1e-5 * Math.max(...exact.data.map(Math.abs)))
      tensorSpace.release(state, onTensors)
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([-1, NaN, Infinity])('refuses the scale %d at once, and as the value of a function before any work', async (scale) => {
    const { gradient } = counted(target.labelGradient(0, space))
    expect(() => classifier({ gradient, scale, space })).toThrow(`scale must be a finite number of at least 0; got ${scale}.`)
    let evaluations = 0
    const watched: Predictor<'score', HostState> = { ...score, evaluate: (y, t) => (evaluations++, score.evaluate(y, t)) }
    const guided = compose(watched, classifier({ gradient, scale: () => scale, space }))
    await expect(guided.evaluate(x, timesOf(space, x, 0.5))).rejects.toThrow(`scale(0.5) must be a finite number of at least 0; got ${scale}.`)
    expect(evaluations).toBe(0)
  })

  it.each([
    ['of other samples', () => tensorSpace.fromHost(hostState([1, 2, 3, 4])), ShapeError],
    ['whose gradient is the state itself', (y: Tensor) => y, InvalidArgumentError],
    ['that returns nothing', (() => undefined) as unknown as LabelGradient<Tensor>, InvalidArgumentError],
    ['that fails', () => { throw new Error('on purpose') }, Error],
  ] as const)('frees what it made when it meets a classifier %s', async (_, gradient: LabelGradient<Tensor>, errorClass) => {
    const guided = compose(target.predictor('score', tensorSpace), classifier({ gradient, scale: 1, space: tensorSpace }))
    const leak = await tensorLeak(async () => {
      const state = tensorSpace.fromHost(x)
      await expect(guided.evaluate(state, times)).rejects.toThrow(errorClass)
      state.dispose()
    })
    expect(leak).toEqual(noLeak)
  })
})
