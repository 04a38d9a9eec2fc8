import type { Profile } from '../options'

/** Which of the two networks. */
export type JudgeKind = 'ten-class' | 'eleven-class'

/** How one of them is trained. */
export interface JudgeTraining {
  /** Images of the classes per step. */
  readonly batch: number
  /** Images of "none of them" per step; the ten-class network has none. */
  readonly noneBatch: number
  /** Number of steps. */
  readonly steps: number
  /** The highest learning rate, after the warm-up; a half cosine to 0 from there. */
  readonly learningRate: number
  /** Steps of linear warm-up. */
  readonly warmup: number
  /** Decoupled weight decay per unit of learning rate. */
  readonly weightDecay: number
  /** Final decay of the average of the weights, which is what judges. */
  readonly averageDecay: number
  /** Images of the classes are shifted by up to this many pixels each way. */
  readonly largestShift: number
}

/** What measures the generated images. */
export interface JudgeSettings {
  /** Key of the networks' start and of all their training draws: not the run's, so that every run of a profile has the same judges. */
  readonly seed: number
  /** Channels of the convolutions. */
  readonly widths: readonly number[]
  /** How many images the table of a model's quality takes. */
  readonly samples: number
  /** How many sets of as many real images tell what their Fréchet distance is worth, unless the test set has fewer. */
  readonly realSets: number
  /** The training of each network. */
  readonly training: Readonly<Record<JudgeKind, JudgeTraining>>
}

const training = { learningRate: 3e-3, warmup: 50, weightDecay: 0.01, averageDecay: 0.995, largestShift: 1 }

/** Per profile. `quick` shows its networks MNIST's training set 5 and 6 times over, about 3.5 minutes on one core; `full` shows wider ones twice as much. */
export const judgeSettings: Readonly<Record<Profile, JudgeSettings>> = {
  smoke: {
    seed: 1,
    widths: [4, 8, 8],
    samples: 32,
    realSets: 3,
    training: {
      'ten-class': { ...training, batch: 32, noneBatch: 0, steps: 40, warmup: 5, averageDecay: 0.9 },
      'eleven-class': { ...training, batch: 24, noneBatch: 8, steps: 40, warmup: 5, averageDecay: 0.9 },
    },
  },
  quick: {
    seed: 1,
    widths: [16, 32, 64],
    samples: 256,
    realSets: 39,
    training: {
      'ten-class': { ...training, batch: 128, noneBatch: 0, steps: 2500 },
      'eleven-class': { ...training, batch: 112, noneBatch: 16, steps: 3300, learningRate: 4e-3 },
    },
  },
  full: {
    seed: 1,
    widths: [24, 48, 96],
    samples: 1024,
    realSets: 9,
    training: {
      'ten-class': { ...training, batch: 128, noneBatch: 0, steps: 5000, averageDecay: 0.998 },
      'eleven-class': { ...training, batch: 112, noneBatch: 16, steps: 6600, learningRate: 4e-3, averageDecay: 0.998 },
    },
  },
}
