import type { ImageModelSettings } from '../images/settings'
import type { Profile } from '../options'

/** How the classifier of noisy images is built, trained and measured. */
export interface ClassifierSettings {
  /** The way down of a UNet, as in {@link ImageModelSettings}. */
  readonly network: ImageModelSettings['network']
  /** Its training; no more than the score network's. */
  readonly training: ImageModelSettings['training']
  /** Images are shifted by up to this many pixels each way before noise is added. */
  readonly largestShift: number
  /** Times are t = u^p for u uniform in (0, 1]: with p = 1 uniform, above it more of them are early, where images can be told apart. */
  readonly timePower: number
  /** Test images at each time of the accuracy's curve; all of them where the set has fewer. */
  readonly imagesPerTime: number
}

/** What each profile means for part 4's classifier of digits. */
export const classifierSettings: Readonly<Record<Profile, ClassifierSettings>> = {
  smoke: {
    network: { baseWidth: 8, multipliers: [1, 1, 1], blocksPerLevel: 1 },
    training: { steps: 12, batch: 16, learningRate: 2e-3, warmup: 3, weightDecay: 0, averageDecay: 0.9, checkpointEvery: 5 },
    largestShift: 1,
    timePower: 2,
    imagesPerTime: 64,
  },
  quick: {
    network: { baseWidth: 16, multipliers: [1, 2, 4], blocksPerLevel: 1 },
    training: { steps: 4_000, batch: 64, learningRate: 3e-3, warmup: 100, weightDecay: 0.01, averageDecay: 0.998, checkpointEvery: 200 },
    largestShift: 1,
    timePower: 2,
    imagesPerTime: 2000,
  },
  full: {
    network: { baseWidth: 32, multipliers: [1, 2, 2], blocksPerLevel: 2 },
    training: { steps: 15_000, batch: 128, learningRate: 1e-3, warmup: 500, weightDecay: 0.01, averageDecay: 0.9995, checkpointEvery: 500 },
    largestShift: 1,
    timePower: 2,
    imagesPerTime: 10_000,
  },
}

/** Where Fashion-MNIST asks for more: its classes differ by small things, which a little noise hides, so that they take more steps, and more early times. */
const fashionChanges: Readonly<Record<Profile, Partial<Pick<ClassifierSettings, 'timePower'> & ClassifierSettings['training']>>> = {
  smoke: {},
  quick: { steps: 16_000, averageDecay: 0.999, timePower: 4 },
  full: { steps: 30_000, timePower: 4 },
}

/** What a profile means for part 4's classifier of a data set, named as the set names itself. */
export function classifierSettingsFor(profile: Profile, dataset: string): ClassifierSettings {
  const settings = classifierSettings[profile]
  const { timePower = settings.timePower, ...training } = dataset === 'fashion-mnist' ? fashionChanges[profile] : {}
  return { ...settings, timePower, training: { ...settings.training, ...training } }
}

/** How images are completed of which a part is given. */
export interface InpaintingSettings {
  /** Samples for each image that is given in part. */
  readonly samples: number
  /** Steps of the sampler, over t from 1 to 0. */
  readonly steps: number
  /** How often RePaint crosses each step. */
  readonly resamplings: number
}

/** What each profile means for inpainting: an image of each class, as many evaluations of the score as part 3's sampling in `quick`. */
export const inpaintingSettings: Readonly<Record<Profile, InpaintingSettings>> = {
  smoke: { samples: 2, steps: 5, resamplings: 2 },
  quick: { samples: 6, steps: 250, resamplings: 4 },
  full: { samples: 6, steps: 250, resamplings: 10 },
}

/** Images of each class in the grid of all classes. */
export const imagesPerClass: Readonly<Record<Profile, number>> = { smoke: 2, quick: 10, full: 10 }
