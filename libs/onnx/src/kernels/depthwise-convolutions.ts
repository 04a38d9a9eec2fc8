import { channelsFirst } from '../lower/axis-order'
import type { Lowering, Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Operation, type Value } from '../trace/graph'
import { convolutionGeometry, unreached, type WindowGeometry } from './convolution-geometry'
import { ofNoImages } from './filter-gradient'
import { attribute, type Kernel } from './kernel'

/** A filter (height, width, in, multiplier) as ONNX wants it: (in · multiplier, 1, height, width), one group for each channel in. */
function grouped(filter: Value, lowering: Lowering): OnnxValue {
  const [rows, columns, ins, multiplier] = filter.shape
  return lowering.reshape(lowering.lying(filter, [2, 3, 0, 1]), [ins * multiplier, 1, rows, columns])
}

const settingsOf = ({ window, strides, dilations, pads, input: [, , , ins] }: WindowGeometry) =>
  ({ kernel_shape: { ints: window }, strides: { ints: strides }, dilations: { ints: dilations }, pads: { ints: pads }, group: { int: ins } })

function forward({ inputs, attributes }: Operation, lowering: Lowering): Lying {
  const [x, filter] = inputs as readonly Value[]
  const geometry = convolutionGeometry(x.shape, filter.shape, attributes, true)
  const [batch, height, width, channels] = geometry.output
  const held = lowering.node('Conv', [lowering.lying(x, channelsFirst), grouped(filter, lowering)], { shape: [batch, channels, height, width], type: 'float32' },
    { attributes: settingsOf(geometry) })
  return { held, order: channelsFirst }
}

function inputGradient({ inputs, attributes, outputs: [{ shape: [batch, height, width, channels] }] }: Operation, lowering: Lowering): Lying {
  const [dy, filter] = inputs as readonly Value[]
  const geometry = convolutionGeometry(attribute(attributes, 'inputShape'), filter.shape, attributes, true)
  const held = lowering.node('ConvTranspose', [lowering.lying(dy, channelsFirst), grouped(filter, lowering)], { shape: [batch, channels, height, width], type: 'float32' },
    { attributes: { ...settingsOf(geometry), output_padding: { ints: unreached(geometry) } } })
  return { held, order: channelsFirst }
}

/** Slides dY over X channel by channel, the batch in the place of the channels. */
function filterGradient({ inputs, attributes, outputs: [output] }: Operation, lowering: Lowering): Lying {
  const [x, dy] = inputs as readonly Value[]
  if (sizeOf(dy.shape) === 0) return ofNoImages(output, lowering)
  const geometry = convolutionGeometry(x.shape, attribute(attributes, 'filterShape'), attributes, true)
  const { input: [batch, height, width, ins], output: [, outHeight, outWidth, outs], window: [rows, columns], strides, dilations, pads } = geometry
  const spare = unreached(geometry)
  const used = [ins, batch, height - spare[0], width - spare[1]]
  const whole = lowering.lying(x, [3, 0, 1, 2])
  const images = spare[0] + spare[1] === 0
    ? whole
    : lowering.node('Slice', [whole, lowering.integers([0, 0]), lowering.integers(used.slice(2)), lowering.integers([2, 3])], { shape: used, type: 'float32' })
  const held = lowering.node('Conv', [lowering.reshape(images, [1, ins * batch, used[2], used[3]]), lowering.lying(dy, [3, 0, 1, 2])],
    { shape: [1, outs, rows, columns], type: 'float32' }, {
      attributes: {
        kernel_shape: { ints: [outHeight, outWidth] },
        pads: { ints: pads },
        strides: { ints: dilations },
        dilations: { ints: strides },
        group: { int: ins },
      },
    })
  return { held: lowering.reshape(held, [ins, outs / ins, rows, columns]), order: [2, 3, 0, 1] }
}

/** Convolutions that keep channels apart, and their gradients. */
export const depthwiseConvolutions: readonly Kernel[] = [
  {
    name: 'DepthwiseConv2dNative',
    inputs: ['x', 'filter'],
    forms: ([x, filter], attributes) => [{ shape: convolutionGeometry(x.shape, filter.shape, attributes, true).output, type: 'float32' }],
    lower: forward,
  },
  {
    name: 'DepthwiseConv2dNativeBackpropInput',
    inputs: ['dy', 'filter'],
    forms: (_inputs, attributes) => [{ shape: attribute<number[]>(attributes, 'inputShape'), type: 'float32' }],
    lower: inputGradient,
  },
  {
    name: 'DepthwiseConv2dNativeBackpropFilter',
    inputs: ['x', 'dy'],
    forms: (_inputs, attributes) => [{ shape: attribute<number[]>(attributes, 'filterShape'), type: 'float32' }],
    lower: filterGradient,
  },
]
