import '@tensorflow/tfjs-backend-cpu'
import { dispose, reshape, scalar, setBackend, tensor1d, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { adamW, type AdamW, type AdamWMoments, type AdamWOptions } from './adam-w'

beforeAll(() => setBackend('cpu'))

const start = [1, -2, 0.5, 3]
const gradientAt = (step: number) => [1, -0.5, 0.01, 2].map((size) => size * Math.cos(step))
const rateTensors = (optimizer: AdamW, step: number, learningRate: number) => {
  const { first, second } = optimizer.corrections(step)
  return { learningRate: scalar(learningRate), firstCorrection: scalar(first), secondCorrection: scalar(second) }
}

async function run(options: AdamWOptions, steps: number, learningRate: number): Promise<Float32Array> {
  const optimizer = adamW(options)
  let parameters: Tensor = tensor1d(start)
  let moments: AdamWMoments = { first: zeros([4]), second: zeros([4]) }
  for (let step = 1; step <= steps; step++) {
    ;({ parameters, moments } = optimizer.update(parameters, tensor1d(gradientAt(step)), moments, rateTensors(optimizer, step, learningRate)))
  }
  return (await parameters.data()) as Float32Array
}

/** Algorithm 2 of Loshchilov and Hutter in float64, one number at a time. */
function reference({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 }: AdamWOptions, steps: number, learningRate: number): number[] {
  return start.map((value, i) => {
    let [p, m, v] = [value, 0, 0]
    for (let step = 1; step <= steps; step++) {
      const g = gradientAt(step)[i]
      m = beta1 * m + (1 - beta1) * g
      v = beta2 * v + (1 - beta2) * g * g
      const adam = m / (1 - Math.pow(beta1, step)) / (Math.sqrt(v / (1 - Math.pow(beta2, step))) + epsilon)
      p = p - learningRate * weightDecay * p - learningRate * adam
    }
    return p
  })
}

// Each step rounds the parameter (|p| ≤ 3: 2⁻²³ at most) and an update of at most 3 · learningRate, to some ten float32 roundings
const tolerance = (steps: number, learningRate: number) => steps * (2 ** -23 + 30 * learningRate * 2 ** -24)

describe('AdamW', () => {
  it.each<AdamWOptions>([
    {},
    { weightDecay: 0.1 },
    { beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.02 },
    { beta1: 0, beta2: 0 },
  ])('with %o follows its float64 definition over 20 steps to float32 rounding', async (options) => {
    const expected = reference(options, 20, 0.01)
    const parameters = await run(options, 20, 0.01)
    expected.forEach((value, i) => expect(Math.abs(parameters[i] - value)).toBeLessThan(tolerance(20, 0.01)))
  })

  // python3 -c "import torch; torch.set_default_dtype(torch.float64); p = torch.tensor([1., -2., 0.5, 3.], requires_grad=True)
  //   o = torch.optim.AdamW([p], lr=0.01, weight_decay=0.1)
  //   [(setattr(p, 'grad', torch.tensor([1., -0.5, 0.01, 2.]) * torch.cos(torch.tensor(float(k)))), o.step()) for k in range(1, 21)]
  //   print(p.tolist())"   # one line, statements separated by semicolons; PyTorch 1.13
  it('gives the numbers of torch.optim.AdamW (20 steps, weight decay 0.1) to float32 rounding', async () => {
    const torch = [0.9859813724134816, -1.9661702371970513, 0.4958869354482309, 2.946359102095534]
    const parameters = await run({ weightDecay: 0.1 }, 20, 0.01)
    torch.forEach((value, i) => expect(Math.abs(parameters[i] - value)).toBeLessThan(tolerance(20, 0.01)))
    reference({ weightDecay: 0.1 }, 20, 0.01).forEach((value, i) => expect(Math.abs(value - torch[i])).toBeLessThan(1e-14))
  })

  it('moves by the learning rate, against the sign of the gradient, in its first step (1e-6)', async () => {
    const parameters = await run({}, 1, 0.25)
    gradientAt(1).forEach((g, i) => expect(Math.abs(parameters[i] - (start[i] - 0.25 * Math.sign(g)))).toBeLessThan(1e-6))
  })

  it('corrects biases by 1/(1 − β^step), in float64', () => {
    const { corrections } = adamW()
    expect(corrections(1).first).toBeCloseTo(10, 12)
    expect(Math.abs(corrections(1).second / 1000 - 1)).toBeLessThan(1e-12)
    expect(corrections(100_000)).toEqual({ first: 1, second: 1 })
  })

  it('leaves nothing behind but what it returns, and disposes of no argument', async () => {
    const optimizer = adamW({ weightDecay: 0.1 })
    const [p, first, second] = [tensor1d(start), zeros([4]), zeros([4])]
    const rates = rateTensors(optimizer, 1, 0.1)
    const leak = await tensorLeak(() => {
      const updated = optimizer.update(p, second, { first, second }, rates)
      dispose([updated.parameters, updated.moments.first, updated.moments.second])
    })
    expect(leak).toEqual(noLeak)
    expect([p, first, second, rates.learningRate].some(({ isDisposed }) => isDisposed)).toBe(false)
  })

  it('takes its rates as tensors of shape () or (1,), with the same outcome', async () => {
    const optimizer = adamW()
    const shaped = (shape: [] | [1]) =>
      tidy(() => {
        const rates = rateTensors(optimizer, 3, 0.1)
        const reshaped = {
          learningRate: reshape(rates.learningRate, shape),
          firstCorrection: reshape(rates.firstCorrection, shape),
          secondCorrection: reshape(rates.secondCorrection, shape),
        }
        return optimizer.update(tensor1d(start), tensor1d(gradientAt(3)), { first: zeros([4]), second: zeros([4]) }, reshaped).parameters
      }).data()
    expect(await shaped([1])).toEqual(await shaped([]))
  })

  it.each([
    [{ beta1: 1 }, 'beta1 must be at least 0 and below 1; got 1.'],
    [{ beta2: -0.1 }, 'beta2 must be at least 0 and below 1; got -0.1.'],
    [{ epsilon: 0 }, 'epsilon must be a positive number; got 0.'],
    [{ weightDecay: -1 }, 'weightDecay must be a number of at least 0; got -1.'],
    [{ weightDecay: NaN }, 'weightDecay must be a number of at least 0; got NaN.'],
  ])('refuses %o', (options, message) => {
    expect(() => adamW(options)).toThrow(InvalidArgumentError)
    expect(() => adamW(options)).toThrow(message)
  })

  it('refuses a step number below 1, whose correction would be infinite', () => {
    expect(() => adamW().corrections(0)).toThrow('step must be at least 1')
  })
})
