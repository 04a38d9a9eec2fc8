import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { add, dispose, mul, setBackend, slice, square, sub, sum, tensor1d, zeros, type Scalar } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamW } from './adam-w'
import { parameterLayout } from './flat-parameters'
import { trainStep, type Loss, type TrainingTensors, type TrainStepOptions, type TrainStepResult } from './train-step'

beforeAll(() => setBackend('cpu'))

const layout = parameterLayout({ a: tensor1d([0, 0]), b: tensor1d([0]) })
const optimizer = adamW()

/** ½ ‖(a, b) − target‖², whose gradient is (a, b) − target. */
const quadratic: Loss = ({ a, b }, { target }) => {
  const [first, second] = [sub(a, slice(target, [0], [2])), sub(b, slice(target, [2], [1]))]
  return mul(add(sum(square(first)), sum(square(second))), 0.5) as Scalar
}

const tensorsAt = (parameters: number[], average = parameters): TrainingTensors => ({
  parameters: tensor1d(parameters),
  average: tensor1d(average),
  first: zeros([3]),
  second: zeros([3]),
})

const ratesAt = (number: number, learningRate: number, averageDecay: number) =>
  tensor1d([...step().rates(number, { learningRate, averageDecay })])

const batch = () => ({ target: tensor1d([1, 2, 3]) })

const disposeResult = ({ tensors, loss, gradientNorm }: TrainStepResult) => dispose([...Object.values(tensors), loss, gradientNorm])

const numbers = async (values: { data(): Promise<ArrayLike<number>> }) => Array.from(await values.data())

const closeTo = (actual: readonly number[], expected: readonly number[], tolerance: number) => {
  expect(actual).toHaveLength(expected.length)
  expected.forEach((value, i) => expect(Math.abs(actual[i] - value)).toBeLessThan(tolerance))
}

const step = (options: Partial<TrainStepOptions> = {}) => trainStep({ loss: quadratic, layout, optimizer, ...options })

describe('a training step on a quadratic', () => {
  it('reports the loss and the gradient norm from before it, unclipped (1e-6)', async () => {
    const { loss, gradientNorm } = step().run(tensorsAt([1, 0, 7]), batch(), ratesAt(1, 0.1, 0))
    closeTo(await numbers(loss), [0.5 * (2 ** 2 + 4 ** 2)], 1e-5)
    closeTo(await numbers(gradientNorm), [Math.sqrt(20)], 1e-6)
  })

  it.each([
    ['clipped to the norm 1 by default', {}, 1 / Math.sqrt(20)],
    ['clipped to the given norm', { clipNorm: 2 }, 2 / Math.sqrt(20)],
    ['as it is below the norm', { clipNorm: 5 }, 1],
    ['as it is with clipNorm Infinity', { clipNorm: Infinity }, 1],
  ])('feeds the optimiser the gradient (0, −2, 4), %s: m = 0.1 g, v = 0.001 g² (1e-6)', async (_, options, scale) => {
    const { tensors } = step(options).run(tensorsAt([1, 0, 7]), batch(), ratesAt(1, 0.1, 0))
    const gradient = [0, -2, 4].map((g) => g * scale)
    closeTo(await numbers(tensors.first), gradient.map((g) => 0.1 * g), 1e-6)
    closeTo(await numbers(tensors.second), gradient.map((g) => 0.001 * g * g), 1e-6)
    closeTo(await numbers(tensors.parameters), [1, 0.1, 6.9], 1e-5) // the first step of Adam is lr · sign
  })

  it('moves the average to d · average + (1 − d) · new parameters (1e-5)', async () => {
    const { tensors } = step().run(tensorsAt([1, 0, 7], [10, 20, 30]), batch(), ratesAt(1, 0.1, 0.75))
    closeTo(await numbers(tensors.average), [0.75 * 10 + 0.25, 0.75 * 20 + 0.25 * 0.1, 0.75 * 30 + 0.25 * 6.9], 1e-5)
  })

  it('over 30 steps keeps the average that the closed form Σ_k (1 − d) d^(n−k) p_k + dⁿ p_0 gives (1e-5)', async () => {
    const [d, n] = [0.9, 30]
    let tensors = tensorsAt([1, 0, 7])
    const visited = [[1, 0, 7]]
    for (let k = 1; k <= n; k++) {
      tensors = step().run(tensors, batch(), ratesAt(k, 0.1, d)).tensors
      visited.push(await numbers(tensors.parameters))
    }
    const weight = (k: number) => (k === 0 ? d ** n : (1 - d) * d ** (n - k))
    const expected = [0, 1, 2].map((i) => visited.reduce((total, p, k) => total + weight(k) * p[i], 0))
    closeTo(await numbers(tensors.average), expected, 1e-5)
  })

  it('is pure: it borrows its arguments, leaves nothing behind but what it returns, and gives the same bits again', async () => {
    const [tensors, inputs, rates] = [tensorsAt([1, 0, 7]), batch(), ratesAt(1, 0.1, 0.5)]
    const leak = await tensorLeak(() => disposeResult(step().run(tensors, inputs, rates)))
    expect(leak).toEqual(noLeak)
    const [first, again] = [step().run(tensors, inputs, rates), step().run(tensors, inputs, rates)]
    expect(await again.tensors.parameters.data()).toEqual(await first.tensors.parameters.data())
  })
})

describe('what a training step tells its caller', () => {
  it('is the layout that it was made for, and rates with the bias corrections of its own optimiser (exact in float64)', () => {
    const betas = { beta1: 0.5, beta2: 0.75 } // 1 − βⁿ is exact in binary
    const made = step({ optimizer: adamW(betas) })
    expect(made.layout).toBe(layout)
    expect(made.rates(1, { learningRate: 0.1, averageDecay: 0.9 })).toEqual([0.1, 2, 4, 0.9])
    expect(made.rates(2, { learningRate: 0.2, averageDecay: 0.8 })).toEqual([0.2, 1 / 0.75, 1 / 0.4375, 0.8])
  })
})

describe('bad input to a training step', () => {
  it.each([0, -1, NaN])('clipNorm = %d is refused', (clipNorm) => {
    expect(() => step({ clipNorm })).toThrow(InvalidArgumentError)
  })

  it('rates of a step below 1 are refused, since steps are numbered from 1', () => {
    expect(() => step().rates(0, { learningRate: 0.1, averageDecay: 0 })).toThrow('step must be at least 1')
  })

  it('a loss that is no scalar is a shape error, and nothing is left behind', async () => {
    const perSample = (({ a }) => square(a)) as Loss
    const [tensors, inputs, rates] = [tensorsAt([1, 0, 7]), batch(), ratesAt(1, 0.1, 0.5)]
    const leak = await tensorLeak(() => {
      expect(() => step({ loss: perSample }).run(tensors, inputs, rates)).toThrow(ShapeError)
      expect(() => step({ loss: perSample }).run(tensors, inputs, rates)).toThrow('the loss must have shape (); got (2).')
    })
    expect(leak).toEqual(noLeak)
  })
})
