import { channelsFirst, naturalOrder, type AxisOrder } from '../lower/axis-order'
import type { Lowering, Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import type { Value } from '../trace/graph'
import type { WindowGeometry } from './convolution-geometry'
import { sumAsProduct } from './sum-as-product'

/** Bytes of patches that are gathered at a time: more than that some cards do not give a shader in one buffer. */
const mostBytes = 2 ** 28

/**
 * dW of a convolution, dW[i, j, ci, co] = Σ_(n, y, x) X[n, s y + i, s x + j, ci] dY[n, y, x, co], as a product of matrices for each image, added over
 * the images: what a tap of the filter sees is gathered first. For a GPU, whose engine has a fast product of matrices and a slow three-dimensional
 * convolution, with one thread for each weight; the images give the product enough to share out.
 */
export function filterGradientOfPatches(x: Value, dy: Value, geometry: WindowGeometry, lowering: Lowering): Lying {
  const { input: [batch, , , ins], output: [, outHeight, outWidth, outs], window: [rows, columns] } = geometry
  const [taps, pixels] = [rows * columns, outHeight * outWidth]
  const perChunk = Math.max(1, Math.floor(mostBytes / (4 * taps * pixels * ins)))
  const transposed = (value: Value, order: AxisOrder) => (lowering.forms(value).some((form) => form.order.join() === order.join()) ? 0 : value.shape.reduce((a, b) => a * b, 1))
  const [images, gradient] = [channelsFirst, naturalOrder(4)]
  const across = transposed(x, images) + transposed(dy, gradient) <= transposed(x, gradient) + transposed(dy, images) // X with channels first, dY with channels last
  const [imagesHeld, gradientHeld] = [lowering.lying(x, across ? images : gradient), lowering.lying(dy, across ? gradient : images)]
  const size = taps * ins * outs
  let total: OnnxValue | undefined
  for (let first = 0; first < batch; first += perChunk) {
    const count = Math.min(perChunk, batch - first)
    const [someImages, someGradient] = [imagesHeld, gradientHeld].map((held) => someOf(held, first, count, lowering))
    const patches = patchesOf(someImages, geometry, across ? 'before pixels' : 'behind pixels', lowering)
    const perImage = across
      ? product(patches, lowering.reshape(someGradient, [count, pixels, outs]), lowering)
      : product(lowering.reshape(someGradient, [count, outs, pixels]), patches, lowering)
    const flat = lowering.reshape(perImage, [count, size])
    const sum = sumAsProduct({ held: flat, order: naturalOrder(2) }, [0], false, lowering)?.held
      ?? lowering.node('ReduceSum', [flat, lowering.integers([0])], { shape: [size], type: 'float32' }, { attributes: { keepdims: { int: 0 } } })
    total = total === undefined ? sum : lowering.node('Add', [total, sum], { shape: [size], type: 'float32' })
  }
  const order = across ? [2, 0, 1, 3] : [3, 0, 1, 2]
  const shape = across ? [ins, rows, columns, outs] : [outs, rows, columns, ins]
  return { held: lowering.reshape(total as OnnxValue, shape), order }
}

/** What each tap of the filter sees: (batch, channels · taps, pixels) of images with channels first, (batch, pixels, taps · channels) of others. */
function patchesOf(images: OnnxValue, { input: [, height, width, ins], output: [, outHeight, outWidth], window, strides, dilations, pads }: WindowGeometry, taps: 'before pixels' | 'behind pixels', lowering: Lowering): OnnxValue {
  const before = taps === 'before pixels'
  const [batch] = images.shape
  const count = window[0] * window[1]
  const pixels = outHeight * outWidth
  const patches = before ? [batch, ins * count, pixels] : [batch, pixels, count * ins]
  if (count === 1 && pixels === height * width) return lowering.reshape(images, patches)
  const [top, left, bottom, right] = pads
  const [tall, wide] = [height + top + bottom, width + left + right]
  const ends = before ? [0, 0, top, left, 0, 0, bottom, right] : [0, top, left, 0, 0, bottom, right, 0]
  const padded = pads.every((pad) => pad === 0)
    ? images
    : lowering.node('Pad', [images, lowering.integers(ends), lowering.scalar(0, 'float32')], { shape: before ? [batch, ins, tall, wide] : [batch, tall, wide, ins], type: 'float32' })
  const flat = lowering.reshape(padded, before ? [batch, ins, tall * wide] : [batch, tall * wide, ins])
  const places = new Int32Array(count * pixels)
  for (let tap = 0; tap < count; tap++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      const row = Math.floor(pixel / outWidth) * strides[0] + Math.floor(tap / window[1]) * dilations[0]
      const column = (pixel % outWidth) * strides[1] + (tap % window[1]) * dilations[1]
      places[before ? tap * pixels + pixel : pixel * count + tap] = row * wide + column
    }
  }
  const held = lowering.constant(places, { shape: [places.length], type: 'int32' })
  const gathered = lowering.node('Gather', [flat, held], { shape: before ? [batch, ins, places.length] : [batch, places.length, ins], type: 'float32' }, { attributes: { axis: { int: before ? 2 : 1 } } })
  return lowering.reshape(gathered, patches)
}

/** Some of the images. */
function someOf(images: OnnxValue, first: number, count: number, lowering: Lowering): OnnxValue {
  if (count === images.shape[0]) return images
  const shape = images.shape.with(0, count)
  return lowering.node('Slice', [images, lowering.integers([first]), lowering.integers([first + count]), lowering.integers([0])], { shape, type: images.type })
}

/** A product of matrices for each image. */
const product = (left: OnnxValue, right: OnnxValue, lowering: Lowering): OnnxValue =>
  lowering.node('MatMul', [left, right], { shape: [left.shape[0], left.shape[1], right.shape[2]], type: 'float32' })
