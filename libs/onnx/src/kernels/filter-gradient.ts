import { naturalOrder } from '../lower/axis-order'
import { asCounted, type Lowering, type Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Operation, type Value } from '../trace/graph'
import { filterGradientInBlocks } from './blocked-filter-gradient'
import { convolutionGeometry, type WindowGeometry } from './convolution-geometry'
import { filterGradientOfPatches } from './filter-gradient-of-patches'
import { attribute } from './kernel'

/**
 * dW of a convolution, dW[i, j, ci, co] = Σ_(n, y, x) X[n, s y + i, s x + j, ci] dY[n, y, x, co], as one three-dimensional
 * convolution: the batch takes the place of the channels and the channels that of the innermost axis, so that what the
 * runtime gathers are long runs and its matrix product is as deep as the batch has pixels.
 */
export function filterGradient({ inputs, attributes, outputs: [output] }: Operation, lowering: Lowering): Lying {
  const [x, dy] = inputs as readonly Value[]
  if (sizeOf(dy.shape) === 0) return ofNoImages(output, lowering)
  const geometry = convolutionGeometry(x.shape, attribute(attributes, 'filterShape'), attributes)
  if (lowering.device === 'webgpu') return filterGradientOfPatches(x, dy, geometry, lowering)
  const inBlocks = filterGradientInBlocks(x, dy, geometry, lowering)
  if (inBlocks) return inBlocks
  const [, , , ins] = geometry.input
  const [, , , outs] = geometry.output
  const within = geometry.pads.every((pad, side) => pad < geometry.window[side % 2]) // no window lies in zeros only
  const plain = within && geometry.strides.every((stride) => stride === 1) && geometry.dilations.every((dilation) => dilation === 1)
  return plain && (ins < 8 || (outs < ins && outs >= 8)) ? overGradient(x, dy, geometry, lowering) : overImages(x, dy, geometry, lowering)
}

/** A filter's gradient where there are no images: a convolution without channels never ends in onnxruntime. */
export const ofNoImages = (filter: Value, lowering: Lowering): Lying => asCounted(lowering.constant(new Float32Array(sizeOf(filter.shape)), filter))

/** Slides dY over X: gives (co, i, j, ci). */
function overImages(x: Value, dy: Value, { input, output, window, strides, dilations, pads }: WindowGeometry, lowering: Lowering): Lying {
  const [batch, height, width, ins] = input
  const [, outHeight, outWidth, outs] = output
  // rows and columns that no window reaches are cut off, so that exactly the taps of the filter come out
  const reach = (length: number, axis: 0 | 1) => (length - 1) * strides[axis] + (window[axis] - 1) * dilations[axis] + 1
  const after = [reach(outHeight, 0) - height - pads[0], reach(outWidth, 1) - width - pads[1]]
  const used = [height + Math.min(after[0], 0), width + Math.min(after[1], 0)]
  const images = cropped(lowering.natural(x), [batch, used[0], used[1], ins], lowering)
  const data = lowering.reshape(images, [1, batch, used[0], used[1], ins])
  const weights = lowering.reshape(lowering.lying(dy, [3, 0, 1, 2]), [outs, batch, outHeight, outWidth, 1])
  const shape = [1, outs, window[0], window[1], ins]
  const held = lowering.node('Conv', [data, weights], { shape, type: 'float32' }, {
    attributes: {
      kernel_shape: { ints: [outHeight, outWidth, 1] },
      pads: { ints: [pads[0], pads[1], 0, Math.max(after[0], 0), Math.max(after[1], 0), 0] },
      strides: { ints: [dilations[0], dilations[1], 1] },
      dilations: { ints: [strides[0], strides[1], 1] },
    },
  })
  return { held: lowering.reshape(held, shape.slice(1)), order: [3, 0, 1, 2] }
}

/** Slides X over dY, which gives (ci, i, j, co) with its taps backwards: the cheaper way where there are fewer channels out than in. */
function overGradient(x: Value, dy: Value, { input, output, window, pads }: WindowGeometry, lowering: Lowering): Lying {
  const [batch, height, width, ins] = input
  const [, outHeight, outWidth, outs] = output
  const data = lowering.reshape(lowering.natural(dy), [1, batch, outHeight, outWidth, outs])
  const weights = lowering.reshape(lowering.lying(x, [3, 0, 1, 2]), [ins, batch, height, width, 1])
  const [rows, columns] = window
  const shape = [1, ins, rows, columns, outs]
  const held = lowering.node('Conv', [data, weights], { shape, type: 'float32' }, {
    attributes: {
      kernel_shape: { ints: [height, width, 1] },
      pads: { ints: [rows - 1 - pads[0], columns - 1 - pads[1], 0, rows - 1 - pads[2], columns - 1 - pads[3], 0] },
      strides: { ints: [1, 1, 1] },
      dilations: { ints: [1, 1, 1] },
    },
  })
  const taps = rows * columns
  const flat = lowering.reshape(held, [ins, taps, outs])
  const backwards = lowering.integers(Array.from({ length: taps }, (_, i) => taps - 1 - i))
  const forwards = taps === 1 ? flat : lowering.node('Gather', [flat, backwards], { shape: [ins, taps, outs], type: 'float32' }, { attributes: { axis: { int: 1 } } })
  return { held: lowering.reshape(forwards, shape.slice(1)), order: [2, 0, 1, 3] }
}

function cropped(x: OnnxValue, shape: readonly number[], lowering: Lowering): OnnxValue {
  if (shape.every((length, axis) => length === x.shape[axis])) return x
  const axes = naturalOrder(shape.length)
  return lowering.node('Slice', [x, lowering.integers(axes.map(() => 0)), lowering.integers(shape), lowering.integers(axes)], { shape, type: x.type })
}
