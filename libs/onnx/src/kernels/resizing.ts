import { channelsFirst } from '../lower/axis-order'
import type { Lowering, Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import type { Operation, Value } from '../trace/graph'
import { castTo } from './elementwise'
import { attribute, type Attributes, type Kernel, type PrimitiveKernel } from './kernel'

/** Images (batch, channels, height, width) enlarged by whole factors: each pixel repeated. */
export function enlarged(images: OnnxValue, [rows, columns]: readonly number[], lowering: Lowering): OnnxValue {
  const [batch, channels, height, width] = images.shape
  const scales = lowering.constant(Float32Array.of(1, 1, rows, columns), { shape: [4], type: 'float32' })
  return lowering.node('Resize', [images, undefined, scales], { shape: [batch, channels, height * rows, width * columns], type: images.type },
    { attributes: { mode: { string: 'nearest' }, coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' } } })
}

/** How pixels of one axis are made from others: for each, the others and their weights. */
type Mix = readonly (readonly { readonly from: number, readonly weight: number }[])[]

/** The place in the smaller or larger axis that a pixel is taken from, as TensorFlow.js reckons it. */
function source(pixel: number, from: number, to: number, attributes: Attributes, half: number): number {
  const corners = attribute<boolean>(attributes, 'alignCorners') && to > 1
  const scale = corners ? (from - 1) / (to - 1) : from / to
  return attribute<boolean>(attributes, 'halfPixelCenters') ? scale * (pixel + 0.5) - half : scale * pixel
}

const nearest = (from: number, to: number, attributes: Attributes): Mix => Array.from({ length: to }, (_, pixel) => {
  const place = source(pixel, from, to, attributes, 0)
  const rounded = attribute<boolean>(attributes, 'alignCorners') ? Math.round(place) : Math.floor(place)
  return [{ from: Math.max(0, Math.min(from - 1, rounded)), weight: 1 }]
})

const bilinear = (from: number, to: number, attributes: Attributes): Mix => Array.from({ length: to }, (_, pixel) => {
  const place = source(pixel, from, to, attributes, 0.5)
  const [below, above] = [Math.max(0, Math.floor(place)), Math.min(from - 1, Math.ceil(place))]
  const share = below === above ? 0 : place - below
  return [{ from: below, weight: 1 - share }, { from: above, weight: share }]
})

/** A mix as a matrix (from, to). */
function matrixOf(mix: Mix, from: number): Float32Array {
  const matrix = new Float32Array(from * mix.length)
  mix.forEach((parts, pixel) => parts.forEach((part) => (matrix[part.from * mix.length + pixel] += part.weight)))
  return matrix
}

/**
 * Images with both axes mixed, x ↦ Rᵀ x C; or, for a gradient, dy ↦ R dy Cᵀ. A matrix for each axis holds for every way of
 * resizing, and its transpose is the gradient whatever the sizes.
 */
function mixed(images: OnnxValue, mixes: readonly Mix[], lengths: readonly number[], direction: 'resize' | 'gradient', lowering: Lowering): OnnxValue {
  const [batch, channels, height] = images.shape
  const [rows, columns] = mixes.map((mix, axis) => lowering.constant(matrixOf(mix, lengths[axis]), { shape: [lengths[axis], mix.length], type: 'float32' }))
  const [left, right] = direction === 'resize' ? [lowering.transpose(rows, [1, 0]), columns] : [rows, lowering.transpose(columns, [1, 0])]
  const wide = lowering.node('MatMul', [images, right], { shape: [batch, channels, height, right.shape[1]], type: 'float32' })
  return lowering.node('MatMul', [left, wide], { shape: [batch, channels, left.shape[0], right.shape[1]], type: 'float32' })
}

/** The whole factors between two heights and widths where there are any and pixels are simply repeated. */
function wholeFactors(from: readonly number[], to: readonly number[], attributes: Attributes): number[] | undefined {
  const factors = to.map((length, axis) => length / from[axis])
  return attribute<boolean>(attributes, 'alignCorners') || factors.some((factor) => !Number.isInteger(factor)) ? undefined : factors
}

const sizeOfImages = (images: Value): number[] => images.shape.slice(1, 3)

/** The nearest pixel of each; picked, not mixed, so that a NaN stays where it is. */
function nearestNeighbour({ inputs, attributes }: Operation, lowering: Lowering): Lying {
  const images = inputs[0] as Value
  const [from, to] = [sizeOfImages(images), attribute<number[]>(attributes, 'size')]
  const factors = wholeFactors(from, to, attributes)
  let held = lowering.lying(images, channelsFirst)
  if (factors) return { held: enlarged(held, factors, lowering), order: channelsFirst }
  for (const axis of [0, 1]) {
    const places = Int32Array.from(nearest(from[axis], to[axis], attributes), ([part]) => part.from)
    const shape = held.shape.with(axis + 2, to[axis])
    held = lowering.node('Gather', [held, lowering.constant(places, { shape: [places.length], type: 'int32' })], { shape, type: held.type }, { attributes: { axis: { int: axis + 2 } } })
  }
  return { held, order: channelsFirst }
}

function nearestGradient({ inputs, attributes }: Operation, lowering: Lowering): Lying {
  const [images, dy] = inputs as readonly Value[]
  const [from, to] = [sizeOfImages(images), sizeOfImages(dy)]
  const given = lowering.lying(dy, channelsFirst)
  const factors = wholeFactors(from, to, attributes)
  if (!factors) return { held: mixed(given, mixesOf(nearest, from, to, attributes), from, 'gradient', lowering), order: channelsFirst }
  const shape = [given.shape[0], given.shape[1], ...from]
  const mean = lowering.node('AveragePool', [given], { shape, type: 'float32' }, { attributes: { kernel_shape: { ints: factors }, strides: { ints: factors } } })
  return { held: lowering.node('Mul', [mean, lowering.scalar(factors[0] * factors[1], 'float32')], { shape, type: 'float32' }), order: channelsFirst }
}

const mixesOf = (kind: typeof nearest, from: readonly number[], to: readonly number[], attributes: Attributes): Mix[] =>
  from.map((length, axis) => kind(length, to[axis], attributes))

const resized = (name: string, lower: PrimitiveKernel['lower'], type?: 'float32'): Kernel => ({
  name,
  inputs: ['images'],
  forms: ([images], attributes) => [{ shape: [images.shape[0], ...attribute<number[]>(attributes, 'size'), images.shape[3]], type: type ?? images.type }],
  lower,
})

const resizedBack = (name: string, lower: PrimitiveKernel['lower']): Kernel => ({
  name,
  inputs: ['images', 'dy'],
  forms: ([{ shape }]) => [{ shape, type: 'float32' }],
  lower,
})

/** Resizing of NHWC images, and its gradients. */
export const resizing: readonly Kernel[] = [
  resized('ResizeNearestNeighbor', nearestNeighbour),
  resizedBack('ResizeNearestNeighborGrad', nearestGradient),
  resized('ResizeBilinear', ({ inputs, attributes }, lowering) => {
    const images = inputs[0] as Value
    const from = sizeOfImages(images)
    const given = castTo(lowering, lowering.lying(images, channelsFirst), 'float32')
    return { held: mixed(given, mixesOf(bilinear, from, attribute(attributes, 'size'), attributes), from, 'resize', lowering), order: channelsFirst }
  }, 'float32'),
  resizedBack('ResizeBilinearGrad', ({ inputs, attributes }, lowering) => {
    const [images, dy] = inputs as readonly Value[]
    const from = sizeOfImages(images)
    const mixes = mixesOf(bilinear, from, sizeOfImages(dy), attributes)
    return { held: mixed(lowering.lying(dy, channelsFirst), mixes, from, 'gradient', lowering), order: channelsFirst }
  }),
]
