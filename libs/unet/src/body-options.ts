import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'

/** What a network for images and its encoder have in common. */
export interface BodyOptions {
  /** Pixels from top to bottom; divisible by 2^(levels − 1). */
  readonly height: number
  /** Pixels from left to right; divisible by 2^(levels − 1). */
  readonly width: number
  /** Channels of the images. @defaultValue 1 */
  readonly channels?: number
  /** Features per pixel at full resolution, before its multiplier. @defaultValue 32 */
  readonly baseWidth?: number
  /** One per level, from full resolution downwards: features there are baseWidth times it. @defaultValue [1, 2, 2] */
  readonly multipliers?: readonly number[]
  /** Residual blocks on each level on the way down, and as many on the way up. @defaultValue 1 */
  readonly blocksPerLevel?: number
  /**
   * The levels, from 0, that have attention: behind each of their blocks, the lowest in the middle of the network only.
   *
   * @defaultValue the lowest only
   */
  readonly attentionLevels?: readonly number[]
  /** Groups of every group normalisation; divides the features of every level. @defaultValue 8 */
  readonly groups?: number
  /** Number of features of the time before they are embedded; even. @defaultValue 32 */
  readonly timeFeatures?: number
  /** Which features: of fixed or of random frequencies. @defaultValue 'sinusoidal' */
  readonly timeEmbedding?: 'sinusoidal' | 'fourier'
  /**
   * Scale of their frequencies, per unit of time: the radians of the fastest sinusoidal one, or the standard deviation of
   * the Fourier ones' cycles. For times in [0, tMax] with another tMax than 1, divide the default by it.
   *
   * @defaultValue 1000 for sinusoidal ones, 16 for Fourier ones
   */
  readonly timeScale?: number
  /** Seed of the Fourier features' frequencies, which are no parameters: part of the architecture. @defaultValue 0 */
  readonly fourierSeed?: number
}

/** The same with every default filled in, and what follows from them. */
export type BodySettings = Required<BodyOptions> & {
  /** Features of each level. */
  readonly widths: readonly number[]
  /** Features of the embedded time: four times the base width. */
  readonly timeWidth: number
}

const positiveInteger = (value: number) => Number.isInteger(value) && value >= 1

/** Fills in the defaults, and throws InvalidArgumentError where a setting breaks its rule. */
export function bodySettings(options: BodyOptions): BodySettings {
  const { height, width, channels = 1, baseWidth = 32, multipliers = [1, 2, 2], blocksPerLevel = 1, groups = 8 } = options
  const { timeFeatures = 32, timeEmbedding = 'sinusoidal', fourierSeed = 0 } = options
  const { timeScale = timeEmbedding === 'sinusoidal' ? 1000 : 16, attentionLevels = [multipliers.length - 1] } = options
  for (const [name, value] of Object.entries({ height, width, channels, baseWidth, blocksPerLevel, groups })) {
    if (!positiveInteger(value)) throw new InvalidArgumentError(name, value, 'a positive integer')
  }
  if (multipliers.length === 0 || !multipliers.every(positiveInteger)) {
    throw new InvalidArgumentError('multipliers', multipliers, 'positive integers, at least one')
  }
  const lowest = multipliers.length - 1
  for (const [name, value] of Object.entries({ height, width })) {
    if (value % 2 ** lowest !== 0) {
      const rule = `divisible by ${2 ** lowest}, since it is halved between each two of ${lowest + 1} levels (pad the images, or leave out a multiplier)`
      throw new InvalidArgumentError(name, value, rule)
    }
  }
  if (!attentionLevels.every((level) => Number.isInteger(level) && level >= 0 && level <= lowest)) {
    throw new InvalidArgumentError('attentionLevels', attentionLevels, `levels from 0 to ${lowest}`)
  }
  const widths = multipliers.map((multiplier) => baseWidth * multiplier)
  const odd = widths.find((features) => features % groups !== 0)
  if (odd !== undefined) throw new InvalidArgumentError('groups', groups, `a divisor of the features of every level, one of which has ${odd}`)
  if (!(positiveInteger(timeFeatures) && timeFeatures % 2 === 0)) {
    throw new InvalidArgumentError('timeFeatures', timeFeatures, 'an even integer of at least 2')
  }
  if (timeEmbedding !== 'sinusoidal' && timeEmbedding !== 'fourier') {
    throw new InvalidArgumentError('timeEmbedding', timeEmbedding, "'sinusoidal' or 'fourier'")
  }
  if (!(timeScale > 0 && Number.isFinite(timeScale))) throw new InvalidArgumentError('timeScale', timeScale, 'a positive number')
  return {
    height, width, channels, baseWidth, multipliers, blocksPerLevel, attentionLevels, groups,
    timeFeatures, timeEmbedding, timeScale, fourierSeed, widths, timeWidth: 4 * baseWidth,
  }
}

/** Throws ShapeError unless x is a batch of such images and t holds a time for each. */
export function checkImages(x: Tensor, t: Tensor1D, { height, width, channels }: BodySettings): void {
  if (x.shape.length !== 4 || x.shape.slice(1).join() !== [height, width, channels].join()) {
    throw new ShapeError('x', `(batch, ${height}, ${width}, ${channels})`, x.shape)
  }
  if (t.shape.length !== 1 || t.shape[0] !== x.shape[0]) throw new ShapeError('t', [x.shape[0]], t.shape)
}
