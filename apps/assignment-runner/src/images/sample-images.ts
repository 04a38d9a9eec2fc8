import { record, recordStates, type NotedState } from '@sbgm/samplers'
import { samplePrior, tensorSpace, type Dynamics, type Sampler, type TimeGrid } from '@sbgm/sde-core'
import { decodeSafetensors, encodeSafetensors } from '@sbgm/training'
import { breather } from '../breather'
import type { ImageSize } from '../judges/image-size'
import { valuesPerImage } from '../judges/image-size'
import type { PartContext } from '../part'

/** What is sampled. */
export interface ImageSampling {
  /** Name of its files and of its noise: two samplings of one name in a run see the same noise. */
  readonly name: string
  /** Its name in the progress. */
  readonly label: string
  readonly dynamics: Dynamics
  readonly sampler: Sampler
  /** From t = 1 to 0. */
  readonly grid: TimeGrid
  readonly size: ImageSize
  readonly count: number
  /** Images sampled together. */
  readonly batch: number
  /** Name of the noise. */
  readonly stream: string
  /** What is done with the states of the first batch, and how far apart they are; done again only where `isDone` says that it must. */
  readonly along?: {
    readonly every: number
    readonly isDone: () => boolean
    readonly use: (states: readonly NotedState[]) => void | Promise<void>
  }
}

type SamplingContext = Pick<PartContext, 'folder' | 'seed' | 'resume' | 'signal' | 'progress'>

/**
 * Samples images, batch after batch; each batch is written to a file when it is done, and taken from there by a run that is
 * resumed. An image is a function of seed, stream and its number, whatever the batches.
 *
 * @returns count images as the sampler left them, one after the other; not clamped
 * @throws the signal's reason when the run is interrupted
 */
export async function sampleImages(sampling: ImageSampling, context: SamplingContext): Promise<Float32Array> {
  const { name, label, grid, size, count, batch, along } = sampling
  const { folder, resume, progress } = context
  const perImage = valuesPerImage(size)
  const batches = Math.ceil(count / batch)
  const stepsPerBatch = grid.length - 1
  const images = new Float32Array(count * perImage)
  const stage = progress.stage(label, batches * stepsPerBatch)
  for (let index = 0; index < batches; index++) {
    const [first, size] = [index * batch, Math.min(batch, count - index * batch)]
    const file = `samples/${name}-${index + 1}.safetensors`
    const noted = index === 0 ? along : undefined
    if (resume && folder.has(file) && (noted?.isDone() ?? true)) {
      images.set(decodeSafetensors(folder.read(file)).tensors['images'].data, first * perImage)
    } else {
      const onStep = (step: number) => stage.advance(index * stepsPerBatch + step, batches > 1 ? `batch ${index + 1} of ${batches}` : undefined)
      const { data, shape } = await sampledBatch(sampling, { first, size, onStep }, context)
      await noted?.use(data.states)
      images.set(data.images, first * perImage)
      folder.write(file, encodeSafetensors({ tensors: { images: { data: data.images, shape } }, metadata: { first: String(first) } }))
    }
    stage.advance((index + 1) * stepsPerBatch)
  }
  stage.end()
  return images
}

interface BatchPlace {
  readonly first: number
  readonly size: number
  readonly onStep: (step: number) => void
}

async function sampledBatch(sampling: ImageSampling, { first, size: count, onStep }: BatchPlace, { seed, signal }: SamplingContext) {
  const { dynamics, sampler, grid, size, stream, along } = sampling
  const shape = [count, size.height, size.width, size.channels]
  const breathe = breather()
  const recorder = recordStates({ every: along?.every ?? grid.length })
  const x = samplePrior({ sde: dynamics.sde, space: tensorSpace, shape, seed, firstSample: first })
  try {
    const last = await record({
      dynamics, sampler, grid, space: tensorSpace, x, seed, stream, firstSample: first, signal,
      recorders: along && first === 0 ? [recorder] : [],
      async onStep({ index }) {
        onStep(index)
        await breathe()
      },
    })
    const images = (await last.data()) as Float32Array
    last.dispose()
    return { data: { images: Float32Array.from(images), states: recorder.states }, shape }
  } finally {
    x.dispose()
  }
}
