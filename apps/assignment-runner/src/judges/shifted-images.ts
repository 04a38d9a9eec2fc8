import { fillUniform } from '@sbgm/sde-core'
import { valuesPerImage, type ImageSize } from './image-size'

/** How images are shifted. */
export interface ShiftKey {
  /** Pixels, at most, each way. */
  readonly largest: number
  /** Key of the draws. */
  readonly seed: number
  /** Name of the draws: those of another name are others. */
  readonly stream: string
  /** Number of the training step. */
  readonly step: number
}

/**
 * Images moved by whole pixels, each by its own draw, uniform in −largest … largest along both axes; −1, the background, moves in.
 *
 * @param images - one after the other; borrowed
 * @returns new images
 */
export function shiftedImages(images: Float32Array, size: ImageSize, { largest, seed, stream, step }: ShiftKey): Float32Array {
  const { height, width, channels } = size
  const perImage = valuesPerImage(size)
  const draws = new Float64Array((2 * images.length) / perImage)
  fillUniform(draws, 2, { seed, stream, step, firstSample: 0, draw: 0 })
  const shifted = new Float32Array(images.length).fill(-1)
  for (let i = 0; i < draws.length / 2; i++) {
    const [down, right] = [draws[2 * i], draws[2 * i + 1]].map((u) => Math.floor(u * (2 * largest + 1)) - largest)
    const columns = Math.max(0, width - Math.abs(right))
    for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
      const from = i * perImage + ((row - down) * width + Math.max(0, -right)) * channels
      shifted.set(images.subarray(from, from + columns * channels), i * perImage + (row * width + Math.max(0, right)) * channels)
    }
  }
  return shifted
}
