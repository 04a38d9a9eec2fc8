import { backend_util } from '@tensorflow/tfjs-core'
import { lyingShape, naturalOrder } from '../lower/axis-order'
import { asCounted, type Lowering, type Lying } from '../lower/lowering'
import type { Operation, Value } from '../trace/graph'
import { axisFromFront } from './axes'
import { castTo } from './elementwise'
import { attribute, type Attributes, type Kernel } from './kernel'

const batchDimensions = (indices: Value, attributes: Attributes): number => axisFromFront(attribute<number | undefined>(attributes, 'batchDims') ?? 0, indices.shape.length)

const gatheredShape = (x: Value, indices: Value, attributes: Attributes): number[] => backend_util.segment_util.collectGatherOpShapeInfo(
  { ...x, dtype: x.type, dataId: {}, shape: [...x.shape] }, { ...indices, dtype: indices.type, dataId: {}, shape: [...indices.shape] },
  axisFromFront(attribute(attributes, 'axis'), x.shape.length), batchDimensions(indices, attributes)).outputShape

/** Slices along an axis, per sample where the first axes are a batch. */
function lowerGather({ inputs, attributes, outputs: [{ shape, type }] }: Operation, lowering: Lowering): Lying {
  const [x, indices] = inputs as readonly Value[]
  const axis = axisFromFront(attribute(attributes, 'axis'), x.shape.length)
  const batch = batchDimensions(indices, attributes)
  if (batch === 0) {
    return asCounted(lowering.node('Gather', [lowering.natural(x), lowering.natural(indices)], { shape, type }, { attributes: { axis: { int: axis } } }))
  }
  // GatherND takes its slices behind the batch: the axis is brought there, and what comes out is told to lie as it then does
  const order = [...naturalOrder(batch), axis, ...naturalOrder(x.shape.length).slice(batch).filter((each) => each !== axis)]
  const places = lowering.reshape(castTo(lowering, lowering.natural(indices), 'int64'), [...indices.shape, 1])
  const chosen = indices.shape.length - batch
  const outer = axis - batch
  const outOrder = naturalOrder(shape.length).toSpliced(batch, outer + chosen,
    ...naturalOrder(chosen).map((each) => batch + outer + each), ...naturalOrder(outer).map((each) => batch + each))
  const held = lowering.node('GatherND', [lowering.lying(x, order), places], { shape: lyingShape(shape, outOrder), type }, { attributes: { batch_dims: { int: batch } } })
  return { held, order: outOrder }
}

/** Kernels that pick numbers by their places. */
export const gathering: readonly Kernel[] = [
  {
    name: 'GatherV2',
    inputs: ['x', 'indices'],
    forms: ([x, indices], attributes) => [{ shape: gatheredShape(x, indices, attributes), type: x.type }],
    lower: lowerGather,
  },
  {
    name: 'GatherNd',
    inputs: ['params', 'indices'],
    forms: ([params, indices]) => [{ shape: [...indices.shape.slice(0, -1), ...params.shape.slice(indices.shape[indices.shape.length - 1])], type: params.type }],
    lower: ({ inputs, outputs: [{ shape, type }] }, lowering) => {
      const [params, indices] = inputs as readonly Value[]
      return asCounted(lowering.node('GatherND', [lowering.natural(params), castTo(lowering, lowering.natural(indices), 'int64')], { shape, type }))
    },
  },
  {
    name: 'OneHot',
    inputs: ['indices'],
    forms: ([indices], attributes) => [{ shape: [...indices.shape, attribute<number>(attributes, 'depth')], type: attribute(attributes, 'dtype') ?? 'float32' }],
    lower: ({ inputs, attributes, outputs: [{ shape, type }] }, lowering) => {
      // not ONNX' OneHot, which counts negative indices from the end where TensorFlow.js gives a row without an "on"
      const indices = inputs[0] as Value
      const depth = attribute<number>(attributes, 'depth')
      const range = lowering.constant(Int32Array.from({ length: depth }, (_, i) => i), { shape: [depth], type: 'int32' })
      const column = lowering.reshape(castTo(lowering, lowering.natural(indices), 'int32'), [...indices.shape, 1])
      const hit = lowering.node('Equal', [column, range], { shape, type: 'bool' })
      const [on, off] = ['onValue', 'offValue'].map((name) => lowering.scalar(attribute<number>(attributes, name), type))
      return asCounted(lowering.node('Where', [hit, on, off], { shape, type }))
    },
  },
  {
    name: 'TopK',
    inputs: ['x'],
    givesList: true,
    forms: ([{ shape, type }], attributes) => {
      const kept = [...shape.slice(0, -1), attribute<number>(attributes, 'k')]
      return [{ shape: kept, type }, { shape: kept, type: 'int32' }]
    },
    lower: ({ inputs, outputs: [{ shape, type }] }, lowering) => {
      const x = inputs[0] as Value
      const inside = type === 'bool' ? 'int32' : type
      const [values, places] = lowering.split('TopK', [castTo(lowering, lowering.natural(x), inside), lowering.integers(shape.slice(-1))],
        [{ shape, type: inside }, { shape, type: 'int64' }])
      return [asCounted(castTo(lowering, values, type)), asCounted(castTo(lowering, places, 'int32'))]
    },
  },
]
