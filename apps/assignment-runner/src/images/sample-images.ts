import { record, recordStates, type NotedState, type StateRecorder } from '@sbgm/samplers'
import { samplePrior, tensorSpace, type Constraint, type Dynamics, type Sampler, type TimeGrid } from '@sbgm/sde-core'
import { decodeSafetensors, encodeSafetensors } from '@sbgm/training'
import { breather } from '../breather'
import { valuesPerImage, type ImageSize } from '../judges/image-size'
import type { FinishedPart, PartContext } from '../part'

/** What is sampled. */
export interface ImageSampling {
  /** Name of its files. */
  readonly name: string
  /** Its name in the progress. */
  readonly label: string
  /** The reverse SDE or the probability flow of the model. */
  readonly dynamics: Dynamics
  /** SHA-256 of the score's weights: samples of others are not taken over. */
  readonly model: string
  /** The method. */
  readonly sampler: Sampler
  /** The times, downwards: images start from the prior at its first. */
  readonly grid: TimeGrid
  /** Size of an image. */
  readonly size: ImageSize
  /** How many images. */
  readonly count: number
  /** Images sampled together. */
  readonly batch: number
  /**
   * Name of the noise of its steps: two samplings of one stream see the same. All samplings of a run start from the same noise,
   * which is keyed by seed and image alone.
   */
  readonly stream: string
  /** What is known of the images, applied after every update to a whole batch. @defaultValue none */
  readonly constraint?: Constraint
  /** Another folder where the same batches may lie, from which they are then taken. @defaultValue none */
  readonly elsewhere?: FinishedPart | undefined
  /** What becomes of the states on the way. */
  readonly along?: StatesAlong
}

/** What was sampled. */
export interface SampledImages {
  /** One after the other, as the sampler left them; not clamped. */
  readonly images: Float32Array
  /** Evaluations of the model that an image took, on average over the batches. */
  readonly evaluations: number
}

/** Keeps the states of the first images on their way. */
export interface StatesAlong {
  /** How many images, the first of the first batch. */
  readonly images: number
  /** Steps between two states. */
  readonly every: number
  /** Whether an earlier run has done all that `use` does. */
  readonly isDone: () => boolean
  /** Is handed the states of these images, the initial one first, when the first batch is done. */
  readonly use: (states: readonly NotedState[]) => void | Promise<void>
}

type SamplingContext = Pick<PartContext, 'folder' | 'seed' | 'resume' | 'signal' | 'progress'>

/**
 * Samples images, batch after batch; each batch is written to a file when it is done, and taken from there by a run that is
 * resumed. An image is a function of seed, stream and its number, whatever the batches.
 *
 * @returns count images
 * @throws the signal's reason when the run is interrupted
 */
export async function sampleImages(sampling: ImageSampling, context: SamplingContext): Promise<SampledImages> {
  const { name, label, sampler, model, grid, size, count, batch, along, elsewhere } = sampling
  const { folder, resume, progress } = context
  const perImage = valuesPerImage(size)
  const batches = Math.ceil(count / batch)
  const stepsPerBatch = grid.length - 1
  const images = new Float32Array(count * perImage)
  const folders = [...(resume ? [folder] : []), ...(elsewhere ? [elsewhere] : [])]
  const method = `${sampler.name}, ${stepsPerBatch} intervals from t = ${grid[0]} to ${grid[stepsPerBatch]}`
  const isSame = ({ metadata }: ReturnType<typeof decodeSafetensors>) => metadata['model'] === model && metadata['method'] === method
  let [kept, evaluations] = [0, 0]
  const stage = progress.stage(label, batches * stepsPerBatch)
  for (let index = 0; index < batches; index++) {
    const first = index * batch
    const file = `samples/${name}-${index + 1}.safetensors`
    const noted = index === 0 ? along : undefined
    const earlier = (noted?.isDone() ?? true) ? folders.filter((one) => one.has(file)).map((one) => decodeSafetensors(one.read(file))).find(isSame) : undefined
    if (earlier) {
      evaluations += Number(earlier.metadata['evaluations'])
      images.set(earlier.tensors['images'].data, first * perImage)
      stage.skip((index + 1) * stepsPerBatch)
      kept++
    } else {
      const onStep = (step: number) => stage.advance(index * stepsPerBatch + step, batches > 1 ? `batch ${index + 1} of ${batches}` : undefined)
      const sampled = await sampleBatch(sampling, { first, count: Math.min(batch, count - first), along: noted, onStep }, context)
      await noted?.use(sampled.states)
      images.set(sampled.data, first * perImage)
      evaluations += sampled.evaluations
      const metadata = { first: String(first), model, method, evaluations: String(sampled.evaluations) }
      folder.write(file, encodeSafetensors({ tensors: { images: { data: sampled.data, shape: sampled.shape } }, metadata }))
    }
    stage.advance((index + 1) * stepsPerBatch)
  }
  stage.end(kept > 0 ? `${kept} of ${batches} batches kept from an earlier run` : undefined)
  return { images, evaluations: evaluations / batches }
}

/** A batch of images to be sampled. */
export interface Batch {
  /** Number of its first image. */
  readonly first: number
  /** How many. */
  readonly count: number
  /** What becomes of its states on the way. */
  readonly along: StatesAlong | undefined
  /** Called after each step with its number, from 1. */
  readonly onStep: (step: number) => void
}

/** A batch of images, as the sampler leaves them. @throws the signal's reason when the run is interrupted */
export async function sampleBatch(
  sampling: Pick<ImageSampling, 'dynamics' | 'sampler' | 'grid' | 'size' | 'stream' | 'constraint'>, { first, count, along, onStep }: Batch, { seed, signal }: Pick<SamplingContext, 'seed' | 'signal'>,
) {
  const { dynamics, sampler, grid, size, stream, constraint } = sampling
  const shape = [count, size.height, size.width, size.channels]
  const breathe = breather()
  const recorder = along && firstImages(Math.min(along.images, count), recordStates({ every: along.every }))
  const x = samplePrior({ sde: dynamics.sde, space: tensorSpace, shape, seed, firstSample: first, t: grid[0] })
  let evaluations = 0
  try {
    const last = await record({
      dynamics, sampler, grid, space: tensorSpace, x, seed, stream, firstSample: first, signal,
      ...(constraint && { constraint }),
      recorders: recorder ? [recorder] : [],
      async onStep(event) {
        evaluations = event.evaluations
        onStep(event.index)
        await breathe()
      },
    })
    try {
      return { data: Float32Array.from(await last.data()), shape, evaluations, states: recorder?.states ?? [] }
    } finally {
      last.dispose()
    }
  } finally {
    x.dispose()
  }
}

/** A recorder of the first images of a batch only. */
const firstImages = (count: number, recorder: StateRecorder): StateRecorder => ({
  ...recorder,
  add(t, { data, shape }, index) {
    recorder.add(t, { data: data.slice(0, (count * data.length) / shape[0]), shape: [count, ...shape.slice(1)] }, index)
  },
})
