import { channelsFirst } from '../lower/axis-order'
import type { Lowering, Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Operation, type Value } from '../trace/graph'
import { poolingGeometry, unreached, type WindowGeometry } from './convolution-geometry'
import { castTo } from './elementwise'
import type { Kernel } from './kernel'
import { enlarged } from './resizing'

const poolingAttributes = ({ window, strides, pads }: WindowGeometry) =>
  ({ kernel_shape: { ints: window }, strides: { ints: strides }, pads: { ints: pads } })

const channelsBefore = ([batch, height, width, channels]: readonly number[]): number[] => [batch, channels, height, width]

/** Images as floats, channels first. */
const floats = (images: Value, lowering: Lowering): OnnxValue => castTo(lowering, lowering.lying(images, channelsFirst), 'float32')

const pool = (name: string, onnx: string): Kernel => ({
  name,
  inputs: ['x'],
  forms: ([x], attributes) => [{ shape: poolingGeometry(x.shape, attributes).output, type: x.type }],
  lower: ({ inputs, attributes, outputs: [{ shape, type }] }: Operation, lowering: Lowering): Lying => {
    const x = inputs[0] as Value
    const held = lowering.node(onnx, [floats(x, lowering)], { shape: channelsBefore(shape), type: 'float32' },
      { attributes: poolingAttributes(poolingGeometry(x.shape, attributes)) })
    return { held: castTo(lowering, held, type), order: channelsFirst }
  },
})

/** How many pixels of the image each window covers, (1, 1, height, width); a number where all cover the same. */
function coverage({ input, output, window, strides, pads }: WindowGeometry, lowering: Lowering): OnnxValue {
  const along = (axis: 0 | 1) => Array.from({ length: output[axis + 1] }, (_, i) => {
    const start = i * strides[axis] - pads[axis]
    return Math.min(start + window[axis], input[axis + 1]) - Math.max(start, 0)
  })
  const [rows, columns] = [along(0), along(1)]
  const counts = rows.flatMap((row) => columns.map((column) => row * column))
  if (counts.every((count) => count === counts[0])) return lowering.scalar(counts[0], 'float32')
  return lowering.constant(Float32Array.from(counts), { shape: [1, 1, rows.length, columns.length], type: 'float32' })
}

/** Each mean's gradient goes in equal parts to the pixels that it is the mean of. */
function averageGradient({ inputs, attributes }: Operation, lowering: Lowering): Lying {
  const [dy, x] = inputs as readonly Value[]
  const geometry = poolingGeometry(x.shape, attributes)
  const [batch, channels, height, width] = channelsBefore(x.shape)
  const [, outHeight, outWidth] = dy.shape
  const share = lowering.node('Div', [lowering.lying(dy, channelsFirst), coverage(geometry, lowering)], { shape: channelsBefore(dy.shape), type: 'float32' })
  const { window, strides, pads } = geometry
  const apart = window.every((length, axis) => length === strides[axis]) && pads.every((pad) => pad === 0) && unreached(geometry).every((spare) => spare === 0)
  if (apart) return { held: enlarged(share, window, lowering), order: channelsFirst }
  const ones = lowering.constant(new Float32Array(sizeOf(window)).fill(1), { shape: [1, 1, ...window], type: 'float32' })
  const planes = lowering.node('ConvTranspose', [lowering.reshape(share, [batch * channels, 1, outHeight, outWidth]), ones],
    { shape: [batch * channels, 1, height, width], type: 'float32' },
    { attributes: { ...poolingAttributes(geometry), output_padding: { ints: unreached(geometry) } } })
  return { held: lowering.reshape(planes, [batch, channels, height, width]), order: channelsFirst }
}

/** Each maximum's gradient goes to the pixel that it is, the first where several are equal. */
function maximumGradient({ inputs, attributes }: Operation, lowering: Lowering): Lying {
  const [dy, x] = inputs as readonly Value[]
  const geometry = poolingGeometry(x.shape, attributes)
  const [pooled, form] = [channelsBefore(geometry.output), channelsBefore(x.shape)]
  const [, places] = lowering.split('MaxPool', [floats(x, lowering)], [{ shape: pooled, type: 'float32' }, { shape: pooled, type: 'int64' }],
    { attributes: { ...poolingAttributes(geometry), storage_order: { int: 0 } } })
  const zeros = lowering.node('Expand', [lowering.scalar(0, 'float32'), lowering.integers([sizeOf(form)])], { shape: [sizeOf(form)], type: 'float32' })
  const count = [sizeOf(pooled)]
  const held = lowering.node('ScatterElements', [zeros, lowering.reshape(places, count), lowering.reshape(lowering.lying(dy, channelsFirst), count)],
    { shape: zeros.shape, type: 'float32' }, { attributes: { axis: { int: 0 }, reduction: { string: 'add' } } })
  return { held: lowering.reshape(held, form), order: channelsFirst }
}

const poolGradient = (name: string, inputs: readonly string[], lower: typeof averageGradient): Kernel => ({
  name,
  inputs,
  forms: ([, input]) => [{ shape: input.shape, type: 'float32' }],
  lower,
})

/** Pooling of NHWC images, and its gradients. */
export const pooling: readonly Kernel[] = [
  pool('AvgPool', 'AveragePool'),
  pool('MaxPool', 'MaxPool'),
  poolGradient('AvgPoolGrad', ['dy', 'input'], averageGradient),
  poolGradient('MaxPoolGrad', ['dy', 'input', 'output'], maximumGradient),
]
