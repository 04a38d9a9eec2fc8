import { TraceError } from '../errors'
import { channelsFirst } from '../lower/axis-order'
import type { Lowering, Lying } from '../lower/lowering'
import type { Operation, Value } from '../trace/graph'
import { poolingGeometry } from './convolution-geometry'
import { attribute, type Attributes, type Kernel } from './kernel'

const poolingAttributes = (input: readonly number[], attributes: Attributes) => {
  const { window, strides, pads } = poolingGeometry(input, attributes)
  return { kernel_shape: { ints: window }, strides: { ints: strides }, pads: { ints: pads } }
}

const pool = (name: string, onnx: string): Kernel => ({
  name,
  inputs: ['x'],
  forms: ([x], attributes) => [{ shape: poolingGeometry(x.shape, attributes).output, type: x.type }],
  lower: ({ inputs: [x], attributes, outputs: [{ shape: [batch, height, width, channels], type }] }: Operation, lowering: Lowering): Lying => {
    const images = x as Value
    const held = lowering.node(onnx, [lowering.lying(images, channelsFirst)], { shape: [batch, channels, height, width], type },
      { attributes: poolingAttributes(images.shape, attributes) })
    return { held, order: channelsFirst }
  },
})

/** Images enlarged by whole factors: each pixel repeated. */
const enlarged = (images: Value, [rows, columns]: readonly [number, number], lowering: Lowering): Lying => {
  const [batch, height, width, channels] = images.shape
  const scales = lowering.constant(Float32Array.of(1, 1, rows, columns), { shape: [4], type: 'float32' })
  const held = lowering.node('Resize', [lowering.lying(images, channelsFirst), undefined, scales],
    { shape: [batch, channels, height * rows, width * columns], type: images.type },
    { attributes: { mode: { string: 'nearest' }, coordinate_transformation_mode: { string: 'asymmetric' }, nearest_mode: { string: 'floor' } } })
  return { held, order: channelsFirst }
}

/** The whole factors between two heights and widths; refused where they are none. */
function wholeFactors(name: string, from: readonly number[], to: readonly number[]): [number, number] {
  const factors: [number, number] = [to[0] / from[0], to[1] / from[1]]
  if (factors.every((factor) => Number.isInteger(factor))) return factors
  throw new TraceError(`${name} must enlarge by whole factors to be traced; got (${from.join(', ')}) to (${to.join(', ')}). Choose a multiple, or run the function eagerly.`)
}

/** Pooling and resizing of NHWC images. */
export const pooling: readonly Kernel[] = [
  pool('AvgPool', 'AveragePool'),
  pool('MaxPool', 'MaxPool'),
  {
    name: 'ResizeNearestNeighbor',
    inputs: ['images'],
    forms: ([{ shape: [batch, , , channels], type }], attributes) => {
      const [height, width] = attribute<[number, number]>(attributes, 'size')
      return [{ shape: [batch, height, width, channels], type }]
    },
    lower: ({ inputs: [images], attributes }, lowering) => {
      const x = images as Value
      return enlarged(x, wholeFactors('ResizeNearestNeighbor', x.shape.slice(1, 3), attribute<number[]>(attributes, 'size')), lowering)
    },
  },
  {
    name: 'ResizeNearestNeighborGrad',
    inputs: ['images', 'dy'],
    forms: ([images]) => [{ shape: images.shape, type: 'float32' }],
    lower: ({ inputs, outputs: [{ shape: [batch, height, width, channels] }] }, lowering) => {
      const dy = inputs[1] as Value
      const factors = wholeFactors('ResizeNearestNeighborGrad', [height, width], dy.shape.slice(1, 3))
      const shape = [batch, channels, height, width]
      const mean = lowering.node('AveragePool', [lowering.lying(dy, channelsFirst)], { shape, type: 'float32' }, { attributes: { kernel_shape: { ints: factors }, strides: { ints: factors } } })
      const held = lowering.node('Mul', [mean, lowering.scalar(factors[0] * factors[1], 'float32')], { shape, type: 'float32' })
      return { held, order: channelsFirst }
    },
  },
]
