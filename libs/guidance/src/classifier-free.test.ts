import '@tensorflow/tfjs-backend-cpu'
import { hostSpace, hostState, labelledMixtureTarget, ShapeError, tensorSpace, timesOf, vpSde, type HostState, type LabelledPredictor, type Labels, type Prediction } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { classifierFree } from './classifier-free'

beforeAll(() => setBackend('cpu'))

const space = hostSpace
const target = labelledMixtureTarget({ sde: vpSde(), weights: [0.2, 0.5, 0.3], means: [[-1, 0.5], [0.5, 1], [1, -1]], stds: [[0.3, 0.5], [0.6, 0.2], [0.4, 0.4]] })
const x = hostState([-0.7, 0.2, 0.1, 0.9, 1.3, -0.4, 0, 0], [4, 2])
const times = Float64Array.of(0.02, 0.3, 0.3, 0.7)
const maxDifference = (a: HostState, b: HostState) => Math.max(...a.data.map((value, i) => Math.abs(value - b.data[i])))

/** The exact labelled model, which notes the labels of each evaluation. */
const watched = <P extends Prediction>(predicts: P) => {
  const model = target.labelledPredictor(predicts, space)
  const seen: Labels[] = []
  return { seen, model: { ...model, evaluate: (y: HostState, t: Float64Array, labels: Labels) => (seen.push(labels), model.evaluate(y, t, labels)) } }
}

describe.each(['score', 'noise', 'data', 'v'] as const)('classifier-free guidance of a %s model', (predicts) => {
  const all = target.predictor(predicts, space)
  const own = (label: number) => target.component(label).predictor(predicts, space)

  it('predicts what the model predicts: at scale 0 that of p_t(x), at scale 1 that of p_t(x | label), to the bit, each by one evaluation of the batch itself', async () => {
    for (const [scale, law, label] of [[0, all, 3], [1, own(1), 1]] as const) {
      const { model, seen } = watched(predicts)
      const guided = classifierFree(model, { label: 1, scale, space })
      expect(guided.predicts).toBe(predicts)
      expect(await guided.evaluate(x, times)).toEqual(await law.evaluate(x, times))
      expect(seen).toEqual([new Int32Array(4).fill(label)])
    }
  })

  it('at another scale is (1 − w) unguided + w conditional (1e-13), by one evaluation of a doubled batch', async () => {
    const { model, seen } = watched(predicts)
    const guided = await classifierFree(model, { label: [2, 0, 1, 1], scale: 2.5, space }).evaluate(x, times)
    expect(seen).toEqual([Int32Array.of(2, 0, 1, 1, 3, 3, 3, 3)])
    const conditional = await target.labelledPredictor(predicts, space).evaluate(x, times, Int32Array.of(2, 0, 1, 1))
    const expected = space.combine([-1.5, 2.5], [await all.evaluate(x, times), conditional])
    expect(maxDifference(guided, expected)).toBeLessThan(1e-13 * Math.max(...expected.data.map(Math.abs)))
  })

  it('with a scale per time gives each sample its own', async () => {
    const guided = await classifierFree(target.labelledPredictor(predicts, space), { label: 1, scale: (t) => (t < 0.1 ? 0 : t < 0.5 ? 1 : 3), space }).evaluate(x, times)
    const [unguided, conditional] = [await all.evaluate(x, times), await own(1).evaluate(x, times)]
    const expected = space.combine([Float64Array.of(1, 0, 0, -2), Float64Array.of(0, 1, 1, 3)], [unguided, conditional])
    expect(maxDifference(guided, expected)).toBeLessThan(1e-13 * Math.max(...expected.data.map(Math.abs)))
  })
})

describe('classifier-free guidance', () => {
  it('is the classifier guidance of the same scale, with the classifier that both models imply (1e-12)', async () => {
    const guided = await classifierFree(target.labelledPredictor('score', space), { label: 2, scale: 3, space }).evaluate(x, times)
    const expected = space.combine([1, 3], [await target.predictor('score', space).evaluate(x, times), target.labelGradient(2, space)(x, times)])
    expect(maxDifference(guided, expected)).toBeLessThan(1e-12 * Math.max(...expected.data.map(Math.abs)))
  })

  it('gives a sample whose scale is 0 or 1 its own prediction, to the bit, though the other one is not finite', async () => {
    const model = target.labelledPredictor('noise', space)
    const broken: typeof model = {
      ...model,
      evaluate: async (y, t, labels) => space.combine([t.map((time, i) => (time > 0.5 && labels[i] === 1) || (time < 0.1 && labels[i] === 3) ? NaN : 1)], [await model.evaluate(y, t, labels)]),
    }
    const guided = await classifierFree(broken, { label: 1, scale: (t) => (t < 0.1 ? 1 : t < 0.5 ? 3 : 0), space }).evaluate(x, times)
    const at = async (scale: number, from: number, count: number) =>
      classifierFree(model, { label: 1, scale, space }).evaluate(space.slice(x, from, count), times.slice(from, from + count))
    expect(guided).toEqual(space.concat([await at(1, 0, 1), await at(3, 1, 2), await at(0, 3, 1)]))
  })

  it('gives the third sample of a batch what it gives it alone, to the bit', async () => {
    const model = target.labelledPredictor('noise', space)
    const together = await classifierFree(model, { label: [2, 0, 1, 1], scale: 2, space }).evaluate(x, times)
    const alone = await classifierFree(model, { label: 1, scale: 2, space }).evaluate(space.slice(x, 2, 1), times.slice(2, 3))
    expect(alone).toEqual(space.slice(together, 2, 1))
  })

  it('keeps tMin: earlier times are raised to it in both halves', async () => {
    const seen: Float64Array[] = []
    const model: LabelledPredictor<'noise', HostState> = { ...target.labelledPredictor('noise', space), tMin: 0.1 }
    const recording = { ...model, evaluate: (y: HostState, t: Float64Array, labels: Labels) => (seen.push(t), model.evaluate(y, t, labels)) }
    const guided = classifierFree(recording, { label: 1, scale: 2, space })
    expect(guided.tMin).toBe(0.1)
    await guided.evaluate(x, times)
    expect(seen).toEqual([Float64Array.of(0.1, 0.3, 0.3, 0.7, 0.1, 0.3, 0.3, 0.7)])
  })

  it('on tensors follows float64 (1e-5) and leaves nothing behind, at every scale, nor when the model fails', async () => {
    for (const scale of [0, 1, 2.5]) {
      const exact = await classifierFree(target.labelledPredictor('noise', space), { label: 1, scale, space }).evaluate(x, times)
      const leak = await tensorLeak(async () => {
        const state = tensorSpace.fromHost(x)
        const guided = await classifierFree(target.labelledPredictor('noise', tensorSpace), { label: 1, scale, space: tensorSpace }).evaluate(state, times)
        expect(maxDifference(await tensorSpace.toHost(guided), exact)).toBeLessThan(1e-5)
        tensorSpace.release(state, guided)
      })
      expect(leak).toEqual(noLeak)
    }
    const wrong: LabelledPredictor<'noise'> = { predicts: 'noise', classes: 3, evaluate: () => tensor2d([[1]]) as Tensor }
    const failing: LabelledPredictor<'noise'> = { ...wrong, evaluate: () => { throw new Error('on purpose') } }
    for (const [model, errorClass] of [[wrong, ShapeError], [failing, Error]] as const) {
      const leak = await tensorLeak(async () => {
        const state = tensorSpace.fromHost(x)
        await expect(classifierFree(model, { label: 1, scale: 2, space: tensorSpace }).evaluate(state, times)).rejects.toThrow(errorClass)
        state.dispose()
      })
      expect(leak).toEqual(noLeak)
    }
  })

  it.each([
    [{ label: 3 }, 'label must be an integer from 0 to 2, a class that the model knows; got 3.'],
    [{ label: [0, -1] }, 'label must be an integer from 0 to 2, a class that the model knows; got -1.'],
    [{ scale: -0.5 }, 'scale must be a finite number of at least 0; got -0.5.'],
    [{ scale: NaN }, 'scale must be a finite number of at least 0; got NaN.'],
    [{ scale: '2' as unknown as number }, "scale must be a finite number of at least 0; got '2'."],
  ])('refuses %j at once', (options, message) => {
    expect(() => classifierFree(target.labelledPredictor('noise', space), { label: 0, scale: 1, space, ...options })).toThrow(message)
  })

  it('refuses a scale that a function gives, and a list of labels of another batch, before any work', async () => {
    const { model, seen } = watched('noise')
    await expect(classifierFree(model, { label: 0, scale: () => -1, space }).evaluate(x, timesOf(space, x, 0.5))).rejects.toThrow('scale(0.5) must be a finite number')
    await expect(classifierFree(model, { label: [0, 1], scale: 2, space }).evaluate(x, times)).rejects.toThrow('labels must have shape (4); got (2).')
    expect(seen).toEqual([])
  })
})
