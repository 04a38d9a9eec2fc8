import { channelsFirst } from '../lower/axis-order'
import type { Lowering, Lying, LyingInBlocks } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import type { Operation, Value } from '../trace/graph'
import { convolutionInBlocks } from './blocked-convolution'
import { convolutionGeometry } from './convolution-geometry'
import { attribute } from './kernel'
import { convolution } from './plain-convolution'

/**
 * dX of a convolution: for stride 1 the convolution of dY with the filter turned by 180° and its channels exchanged, which
 * runs two to three times as fast as the transposed convolution that it is by definition; for larger strides that one.
 */
export function inputGradient({ inputs, attributes, outputs: [output] }: Operation, lowering: Lowering): Lying | LyingInBlocks {
  const [dy, filter] = inputs as readonly Value[]
  const [batch, height, width, channels] = output.shape
  const { window: [rows, columns], strides, dilations, pads: [top, left, bottom, right], output: [, outHeight, outWidth] } =
    convolutionGeometry(attribute(attributes, 'inputShape'), filter.shape, attributes)
  const shape = [batch, channels, height, width]
  const common = { kernel_shape: { ints: [rows, columns] }, dilations: { ints: dilations } }
  const [reachRows, reachColumns] = [(rows - 1) * dilations[0], (columns - 1) * dilations[1]]
  if (strides[0] === 1 && strides[1] === 1) {
    const margins = [reachRows - top, reachColumns - left, reachRows - bottom, reachColumns - right]
    const pads = margins.map((margin) => Math.max(margin, 0))
    const kernel = turned(filter, lowering)
    const settings = { ...common, strides: { ints: [1, 1] }, pads: { ints: pads } }
    const inside = margins.every((margin) => margin >= 0) // else some windows lay in zeros only, and what dY says of them is cut off
    const inBlocks = inside && convolutionInBlocks({ images: dy, filter: kernel, over: 'outputs', output: output.shape, attributes: settings }, lowering)
    if (inBlocks) return inBlocks
    const given = lowering.lying(dy, channelsFirst)
    const used = inside ? given : cropped(given, margins.map((margin) => Math.max(-margin, 0)), lowering)
    return { held: convolution(used, lowering.transpose(kernel, [2, 3, 0, 1]), shape, settings, lowering), order: channelsFirst }
  }
  const images = lowering.lying(dy, channelsFirst)
  const held = lowering.node('ConvTranspose', [images, lowering.lying(filter, [3, 2, 0, 1])], { shape, type: 'float32' }, {
    attributes: {
      ...common,
      strides: { ints: strides },
      pads: { ints: [top, left, bottom, right] },
      output_padding: { ints: [
        height - ((outHeight - 1) * strides[0] + reachRows + 1 - top - bottom),
        width - ((outWidth - 1) * strides[1] + reachColumns + 1 - left - right),
      ] },
    },
  })
  return { held, order: channelsFirst }
}

/** Images (batch, channels, height, width) without so many rows and columns at [top, left, bottom, right]. */
function cropped(images: OnnxValue, [top, left, bottom, right]: readonly number[], lowering: Lowering): OnnxValue {
  const [batch, channels, height, width] = images.shape
  const ends = [height - bottom, width - right]
  const lists = [[top, left], ends, [2, 3]].map((list) => lowering.integers(list))
  return lowering.node('Slice', [images, ...lists], { shape: [batch, channels, ends[0] - top, ends[1] - left], type: images.type })
}

/** A filter (height, width, in, out) turned by 180°. */
function turned(filter: Value, lowering: Lowering): OnnxValue {
  const [rows, columns, inputs, outputs] = filter.shape
  const taps = rows * columns
  if (taps === 1) return lowering.natural(filter)
  const flat = lowering.reshape(lowering.natural(filter), [taps, inputs, outputs])
  const backwards = lowering.integers(Array.from({ length: taps }, (_, i) => taps - 1 - i))
  const gathered = lowering.node('Gather', [flat, backwards], { shape: [taps, inputs, outputs], type: 'float32' }, { attributes: { axis: { int: 0 } } })
  return lowering.reshape(gathered, [rows, columns, inputs, outputs])
}
