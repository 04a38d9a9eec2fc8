import { InvalidArgumentError, type HostState, type TwofoldOperation, type VectorSpace } from '@sbgm/sde-core'
import { mean, mul, reshape, tidy, tile, type Tensor } from '@tensorflow/tfjs-core'
import { linearOperator, reciprocal, type LinearOperator } from './linear-operator'

/** Settings of {@link blockAverage}. */
export interface BlockAverageOptions<X = Tensor> {
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /** The shape of one image, (height, width, channels). */
  readonly shape: readonly [height: number, width: number, channels: number]
  /** Side of a block in pixels; must divide height and width. */
  readonly factor: number
}

/**
 * The measurement of super-resolution: each channel's mean over blocks of factor × factor pixels, shape (height/factor, width/factor, channels).
 *
 * @returns an operator with H Hᵀ = I/factor²: its pseudo-inverse repeats each pixel over its block
 * @throws InvalidArgumentError for sizes that are no positive integers, and a factor that does not divide height and width.
 */
export function blockAverage<X = Tensor>({ space, shape, factor }: BlockAverageOptions<X>): LinearOperator<X> {
  const [height, width, channels] = shape
  if (!(shape.length === 3 && shape.every((axis) => Number.isInteger(axis) && axis >= 1))) {
    throw new InvalidArgumentError('shape', shape, '(height, width, channels), integers of at least 1')
  }
  if (!(Number.isInteger(factor) && factor >= 1 && height % factor === 0 && width % factor === 0)) {
    throw new InvalidArgumentError('factor', factor, `a positive integer that divides the height (${height}) and the width (${width})`)
  }
  const outputShape = [height / factor, width / factor, channels]
  const adjoint = space.implement(spreading(shape, factor))
  return linearOperator(space, {
    inputShape: shape,
    outputShape,
    apply: space.implement(averaging(shape, factor)),
    adjoint: (y) => adjoint(y),
    solve: (y, onGram, onIdentity) => space.combine([reciprocal(onGram, 1 / factor ** 2, onIdentity)], [y]),
  })
}

type ImageShape = readonly [height: number, width: number, channels: number]

/** The mean over each block. */
const averaging = ([height, width, channels]: ImageShape, factor: number): TwofoldOperation<[]> => ({
  tensor: (x) =>
    tidy(() => {
      const rows = mean(reshape(x, [-1, factor, width * channels]), 1)
      return reshape(mean(reshape(rows, [-1, factor, channels]), 1), [x.shape[0], height / factor, width / factor, channels])
    }),
  host(x) {
    const result = new Float64Array(x.data.length / factor ** 2)
    eachPixel(x.shape[0], [height, width, channels], factor, (pixel, block) => (result[block] += x.data[pixel] / factor ** 2))
    return { data: result, shape: [x.shape[0], height / factor, width / factor, channels] }
  },
})

/** Each pixel over its block, divided by the block's pixels: the transpose of {@link averaging}. */
const spreading = ([height, width, channels]: ImageShape, factor: number): TwofoldOperation<[]> => ({
  tensor: (y) =>
    tidy(() => {
      const wide = tile(reshape(mul(y, 1 / factor ** 2), [-1, 1, channels]), [1, factor, 1])
      return reshape(tile(reshape(wide, [-1, 1, width * channels]), [1, factor, 1]), [y.shape[0], height, width, channels])
    }),
  host(y): HostState {
    const result = new Float64Array(y.data.length * factor ** 2)
    eachPixel(y.shape[0], [height, width, channels], factor, (pixel, block) => (result[pixel] = y.data[block] / factor ** 2))
    return { data: result, shape: [y.shape[0], height, width, channels] }
  },
})

/** Calls back with the index of each number of the images, and that of its block's number in the averaged ones. */
function eachPixel(batch: number, [height, width, channels]: ImageShape, factor: number, visit: (pixel: number, block: number) => void): void {
  for (let row = 0; row < batch * height; row++) { // height is a multiple of factor, so blocks do not cross from image to image
    for (let column = 0; column < width; column++) {
      const block = Math.floor(row / factor) * (width / factor) + Math.floor(column / factor)
      for (let channel = 0; channel < channels; channel++) visit((row * width + column) * channels + channel, block * channels + channel)
    }
  }
}
