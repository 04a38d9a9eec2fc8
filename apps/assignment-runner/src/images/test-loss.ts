import { imagesOf, type LabelledImages } from '@sbgm/datasets'
import { evaluate, hostSpace, perturb, tensorSpace, type Predictor, type Sde } from '@sbgm/sde-core'
import { tensor } from '@tensorflow/tfjs-core'
import { breather } from '../breather'

/** The loss of a model on images that it was not trained on. */
export interface TestLoss {
  /** The times, increasing. */
  readonly times: Float64Array
  /** Mean squared error of the noise at each. */
  readonly losses: Float64Array
  /** Their mean: the loss for times uniform in [0, 1]. */
  readonly mean: number
  /** Images at each time, other ones for each. */
  readonly images: number
}

/** What {@link testLoss} needs. */
export interface TestLossOptions {
  /** Predicts the noise. */
  readonly model: Predictor<'noise'>
  /** The SDE that it was trained for. */
  readonly sde: Sde
  /** Images that it was not trained on. */
  readonly images: LabelledImages
  /** Key of the noise. */
  readonly seed: number
  /** Ends it between two times. */
  readonly signal: AbortSignal
}

const [timeCount, imagesPerTime] = [25, 64]

/** E‖ε_θ(x_t, t) − ε‖² per pixel over test images at 25 times, the middles of equal parts of [0, 1]. */
export async function testLoss({ model, sde, images, seed, signal }: TestLossOptions): Promise<TestLoss> {
  const times = Float64Array.from({ length: timeCount }, (_, i) => (i + 0.5) / timeCount)
  const losses = new Float64Array(timeCount)
  const breathe = breather()
  for (const [i, t] of times.entries()) {
    signal.throwIfAborted()
    const indices = Int32Array.from({ length: imagesPerTime }, (_, k) => (i * imagesPerTime + k) % images.count)
    const { data, shape } = imagesOf(images, indices)
    const x0 = { data: Float64Array.from(data), shape }
    const noise = hostSpace.normal({ seed, stream: 'test-loss', step: i, firstSample: 0, draw: 0 }, x0)
    const at = new Float64Array(imagesPerTime).fill(t)
    const noisy = perturb({ sde, space: hostSpace, x0, noise, t: at })
    const x = tensor(Float32Array.from(noisy.data), [...shape])
    const found = await evaluate(tensorSpace, model, x, at)
    const values = await found.data()
    x.dispose()
    found.dispose()
    losses[i] = noise.data.reduce((sum, value, k) => sum + (values[k] - value) ** 2, 0) / noise.data.length
    await breathe()
  }
  return { times, losses, mean: losses.reduce((sum, loss) => sum + loss, 0) / timeCount, images: imagesPerTime }
}
