import type { Profile } from '../options'

/** How a score network for images is built, trained and sampled. */
export interface ImageModelSettings {
  /** The UNet. */
  readonly network: {
    /** Features at full resolution. */
    readonly baseWidth: number
    /** Features of each level, as multiples of those. */
    readonly multipliers: readonly number[]
    /** Residual blocks on each level, either way. */
    readonly blocksPerLevel: number
  }
  /** Its training. */
  readonly training: {
    /** Number of steps. */
    readonly steps: number
    /** Images per step. */
    readonly batch: number
    /** The highest learning rate; a half cosine to 0 from there. */
    readonly learningRate: number
    /** Steps of linear warm-up. */
    readonly warmup: number
    /** Decoupled weight decay per unit of learning rate. */
    readonly weightDecay: number
    /** Final decay of the average of the weights, which is what samples. */
    readonly averageDecay: number
    /** Steps between two checkpoints. */
    readonly checkpointEvery: number
  }
  /** Its training where it starts from the weights that part 2 has averaged; what is not named is as in `training`. */
  readonly continued: {
    /** Number of steps: at least a third of those of part 2. */
    readonly steps: number
    /** The highest learning rate. */
    readonly learningRate: number
  }
  /** Sampling from it; how many images the metrics take is the judges' to say. */
  readonly sampling: {
    /** Steps of the parts' own samplers, over t from 1 to 0. */
    readonly steps: number
    /** Images sampled together. */
    readonly batch: number
    /** Images in the figures, eight to a row; the first of those that are measured. */
    readonly shown: number
  }
}

const sampling = { steps: 1000, batch: 64, shown: 64 }

/** What each profile means for parts 2 and 3, which share a network. */
export const imageModelSettings: Readonly<Record<Profile, ImageModelSettings>> = {
  smoke: {
    network: { baseWidth: 8, multipliers: [1, 1, 1], blocksPerLevel: 1 },
    training: { steps: 12, batch: 16, learningRate: 2e-3, warmup: 3, weightDecay: 0, averageDecay: 0.9, checkpointEvery: 5 },
    continued: { steps: 6, learningRate: 1e-3 },
    sampling: { steps: 20, batch: 16, shown: 16 },
  },
  quick: {
    network: { baseWidth: 16, multipliers: [1, 2, 4], blocksPerLevel: 1 },
    training: { steps: 8_000, batch: 64, learningRate: 2e-3, warmup: 100, weightDecay: 0.01, averageDecay: 0.998, checkpointEvery: 200 },
    continued: { steps: 3_200, learningRate: 1e-3 },
    sampling,
  },
  full: {
    network: { baseWidth: 32, multipliers: [1, 2, 2], blocksPerLevel: 2 },
    training: { steps: 30_000, batch: 128, learningRate: 1e-3, warmup: 500, weightDecay: 0.01, averageDecay: 0.9995, checkpointEvery: 500 },
    continued: { steps: 15_000, learningRate: 5e-4 },
    sampling: { ...sampling, batch: 512 },
  },
}

/** Said before a part runs in the smoke profile. */
export const smokeNote = '  profile smoke: a tiny network hardly trained, to try the program; its pictures are noise, and its bars are mostly missed'
