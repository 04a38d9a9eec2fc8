/** The size of an image, stored row by row. */
export interface ImageSize {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** Numbers per image. */
export const valuesPerImage = ({ height, width, channels }: ImageSize): number => height * width * channels

/** A value clamped to [−1, 1], where images live. */
export const clamped = (value: number): number => Math.min(1, Math.max(-1, value))
