import { fillNormal } from '@sbgm/sde-core'
import { adamW, flattenParameters, parameterLayout, trainStep, type HostBatch, type TrainingVectors, type TrainStep } from '@sbgm/training'
import { unet } from '@sbgm/unet'
import { dispose, mean, squaredDifference, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Compute } from './compute/compute'
import type { ImageModelSettings } from './images/settings'

/** How an engine did in a few training steps. */
export interface Trial {
  /** Time of a step in seconds: the shorter of two, after one in which things are compiled. */
  readonly seconds: number
  /** Losses and gradients' norms of the steps: what two engines must agree in. */
  readonly numbers: readonly number[]
}

/** What {@link tryEngine} runs: the network of a profile, and how large its batches are. */
export type TrialWork = Pick<ImageModelSettings, 'network'> & { readonly training: Pick<ImageModelSettings['training'], 'batch'> }

const [size, steps, longest] = [28, 3, 60]

/**
 * Makes three training steps of a profile's UNet on images of keyed noise. The first step moves its last layer alone, which starts at zero; the third
 * loss hangs on every operation, forward and back. An engine that takes more than a minute for one step is not asked for another.
 *
 * @param compute - the engine; its backend is the active one
 * @returns how long a step took, and what came out
 * @throws what the engine throws
 */
export async function tryEngine(compute: Compute, { network, training: { batch } }: TrialWork): Promise<Trial> {
  const { step, vectors } = await untrained(network)
  const running = await compute.runner(step).begin(vectors)
  try {
    const [numbers, seconds]: [number[], number[]] = [[], []]
    for (let number = 1; number <= steps; number++) {
      const begun = performance.now()
      const { loss, gradientNorm } = await running.run(noiseBatch(batch), step.rates(number, { learningRate: 1e-3, averageDecay: 0.99 }))
      seconds.push((performance.now() - begun) / 1000)
      numbers.push(loss, gradientNorm)
      if (seconds[number - 1] > longest) break
    }
    return { seconds: Math.min(...seconds.slice(1), ...(seconds.length === 1 ? seconds : [])), numbers }
  } finally {
    await running.end()
  }
}

/** Whether two engines computed the same, to a hundredth of each number: float32 sums in any order are far nearer, wrong kernels far off. */
export const agree = (a: Trial, b: Trial): boolean => a.numbers.every((value, i) => b.numbers[i] === undefined || Math.abs(value - b.numbers[i]) <= 0.01 * Math.abs(b.numbers[i]))

/** A fresh network's training step, and the vectors that it starts from. */
async function untrained(settings: ImageModelSettings['network']): Promise<{ readonly step: TrainStep; readonly vectors: TrainingVectors }> {
  const network = unet({ height: size, width: size, predicts: 'noise', ...settings })
  const params = network.init(0)
  const step = trainStep({
    layout: parameterLayout(params),
    optimizer: adamW(),
    loss: (weights, { x, noise, t }) => mean(squaredDifference(network.apply(weights, x, t as Tensor1D), noise)) as Scalar,
  })
  const flat = flattenParameters(params, step.layout)
  const parameters = Float32Array.from(await flat.data())
  dispose([flat, { ...params }])
  const zeros = () => new Float32Array(step.layout.total)
  return { step, vectors: { parameters, average: parameters, first: zeros(), second: zeros() } }
}

function noiseBatch(batch: number): HostBatch {
  const images = (stream: string) => {
    const data = new Float32Array(batch * size * size)
    fillNormal(data, data.length, { seed: 0, stream, step: 0, firstSample: 0, draw: 0 })
    return { data, shape: [batch, size, size, 1] }
  }
  return { x: images('trial-x'), noise: images('trial-noise'), t: { data: Float32Array.from({ length: batch }, (_, i) => (i + 0.5) / batch), shape: [batch] } }
}
