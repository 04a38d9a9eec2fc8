import { channelsFirst } from '../lower/axis-order'
import type { Lowering } from '../lower/lowering'
import type { Operation, Value } from '../trace/graph'
import { convolutionInBlocks } from './blocked-convolution'
import { convolutionGeometry } from './convolution-geometry'
import { filterGradient } from './filter-gradient'
import { inputGradient } from './input-gradient'
import { attribute, type Kernel } from './kernel'
import { convolution } from './plain-convolution'

/** The order of a filter (height, width, in, out) as ONNX wants it: out, in, height, width. */
const outputsFirst = [3, 2, 0, 1] as const

/** Two-dimensional convolutions of NHWC images and their gradients. */
export const convolutions: readonly Kernel[] = [
  {
    name: 'Conv2D',
    inputs: ['x', 'filter'],
    forms: ([x, filter], attributes) => [{ shape: convolutionGeometry(x.shape, filter.shape, attributes).output, type: 'float32' }],
    lower: ({ inputs: [x, filter], attributes, outputs: [output] }: Operation, lowering: Lowering) => {
      const [images, kernel] = [x as Value, filter as Value]
      const { window, strides, dilations, pads } = convolutionGeometry(images.shape, kernel.shape, attributes)
      const [batch, height, width, channels] = output.shape
      const settings = { kernel_shape: { ints: window }, strides: { ints: strides }, dilations: { ints: dilations }, pads: { ints: pads } }
      const inBlocks = convolutionInBlocks(
        { images, filter: lowering.natural(kernel), over: 'inputs', output: output.shape, attributes: settings }, lowering)
      if (inBlocks) return inBlocks
      const held = convolution(lowering.lying(images, channelsFirst), lowering.lying(kernel, outputsFirst), [batch, channels, height, width], settings, lowering)
      return { held, order: channelsFirst }
    },
  },
  {
    name: 'Conv2DBackpropInput',
    inputs: ['dy', 'filter'],
    forms: (_inputs, attributes) => [{ shape: attribute<number[]>(attributes, 'inputShape'), type: 'float32' }],
    lower: inputGradient,
  },
  {
    name: 'Conv2DBackpropFilter',
    inputs: ['x', 'dy'],
    forms: (_inputs, attributes) => [{ shape: attribute<number[]>(attributes, 'filterShape'), type: 'float32' }],
    lower: filterGradient,
  },
]
