import {
  denoisingExample,
  denoisingLoss,
  hostSpace,
  timeSampler,
  type HostState,
  type Network,
  type Params,
} from '@sbgm/sde-core'
import { adamW, cosineDecay, emaDecay, parameterLayout, train, trainStep, type HostBatch } from '@sbgm/training'
import { scoreMlp } from '@sbgm/unet'
import { dispose, type Tensor1D } from '@tensorflow/tfjs-core'
import type { PartContext } from '../part'
import { breather } from '../breather'
import { sde, target } from './problem'
import type { Part1Settings } from './settings'

/** The earliest time that is trained on and asked for: the first step of the grid. */
export const tMin = 1e-3

/** A score network with its weights. */
export interface ScoreNetwork {
  readonly network: Network<'v'>
  /** The averaged weights; owned by the caller. */
  readonly params: Params
  /** Loss of each training step. */
  readonly losses: Float64Array
}

/** The network of part 1: a perceptron that predicts v, seen as a score by the samplers. */
export const scoreNetwork = ({ network }: Part1Settings): Network<'v'> => scoreMlp({ dim: 1, predicts: 'v', ...network })

/**
 * Trains the network on samples of x_0 alone with the unified loss: noise weighting, stratified uniform times.
 *
 * @throws the signal's reason when the run is interrupted
 */
export async function trainScore(settings: Part1Settings, { seed, compute, signal, progress }: Pick<PartContext, 'seed' | 'compute' | 'signal' | 'progress'>): Promise<ScoreNetwork> {
  const { steps, batch, learningRate, warmup, averageDecay } = settings.training
  const network = scoreNetwork(settings)
  const initial = network.init(seed)
  const step = trainStep({
    layout: parameterLayout(initial),
    optimizer: adamW(),
    loss: (params, { x, t, target: wanted, weight }) => denoisingLoss(network.apply(params, x, t as Tensor1D), wanted, weight as Tensor1D),
  })
  const run = train({
    runner: compute.runner(step),
    params: initial,
    steps,
    batch: trainingBatches(batch, seed),
    learningRate: cosineDecay({ peak: learningRate, steps, warmup }),
    averageDecay: emaDecay(averageDecay),
    signal,
  })
  const stage = progress.stage('score network', steps)
  stage.advance(0, compute.preparing)
  const breathe = breather()
  const losses = new Float64Array(steps)
  try {
    for (;;) {
      const next = await run.next()
      if (next.done) {
        dispose(next.value.params)
        stage.end()
        return { network, params: next.value.average, losses }
      }
      losses[next.value.step - 1] = next.value.loss
      stage.advance(next.value.step, `loss ${next.value.loss.toFixed(3)}`)
      await breathe()
    }
  } finally {
    dispose(initial)
  }
}

/** The batch of each step: fresh samples of x_0, fresh noise and times, all functions of the seed and the step's number. */
function trainingBatches(batch: number, seed: number): (step: number) => HostBatch {
  const times = timeSampler({ sde, tMin })
  const farSamples = 2 ** 31 // far from the samples that the simulations start from
  return (step) => {
    const x0 = target.draw(hostSpace, { count: batch, seed, firstSample: farSamples + step * batch })
    const { times: t } = times({ count: batch, seed, step })
    const noise = hostSpace.normal({ seed, stream: 'training/noise', step, firstSample: 0, draw: 0 }, x0)
    const example = denoisingExample({ sde, space: hostSpace, x0, noise, t, predicts: 'v' })
    const column = ({ data, shape }: HostState) => ({ data: Float32Array.from(data), shape })
    const row = (data: Float64Array) => ({ data: Float32Array.from(data), shape: [batch] })
    return { x: column(example.x), target: column(example.target), weight: row(example.weight), t: row(t) }
  }
}
