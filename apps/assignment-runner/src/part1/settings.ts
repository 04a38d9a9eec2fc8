import type { Profile } from '../options'

/** How much part 1 does. */
export interface Part1Settings {
  /** Points of the forward SDE. */
  readonly forwardPoints: number
  /** Points of the other three simulations. */
  readonly points: number
  /** Steps of every simulation, over t in [0, 1]. */
  readonly steps: number
  /** The score network. */
  readonly network: { readonly width: number; readonly layers: number; readonly timeFeatures: number }
  /** Its training. */
  readonly training: {
    readonly steps: number
    readonly batch: number
    readonly learningRate: number
    readonly warmup: number
    readonly averageDecay: number
  }
}

/** What each profile means for part 1. `full` is `quick` with a larger network, trained longer. */
export const part1Settings: Readonly<Record<Profile, Part1Settings>> = {
  smoke: {
    forwardPoints: 2_000,
    points: 500,
    steps: 50,
    network: { width: 16, layers: 2, timeFeatures: 16 },
    training: { steps: 150, batch: 128, learningRate: 5e-3, warmup: 10, averageDecay: 0.98 },
  },
  quick: {
    forwardPoints: 100_000,
    points: 10_000,
    steps: 1000,
    network: { width: 64, layers: 3, timeFeatures: 16 },
    training: { steps: 6_000, batch: 512, learningRate: 4e-3, warmup: 100, averageDecay: 0.999 },
  },
  full: {
    forwardPoints: 100_000,
    points: 10_000,
    steps: 1000,
    network: { width: 128, layers: 3, timeFeatures: 16 },
    training: { steps: 10_000, batch: 1024, learningRate: 3e-3, warmup: 200, averageDecay: 0.9995 },
  },
}
