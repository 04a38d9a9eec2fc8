import { lyingShape } from '../lower/axis-order'
import { broadcastValue, sameShape, type Value } from '../trace/graph'
import { attribute, type Attributes, type Kernel } from './kernel'

type Paddings = readonly (readonly [number, number])[]
const paddingsOf = (attributes: Attributes): Paddings => attribute<Paddings>(attributes, 'paddings')

/** For each place of a padded axis the place that it mirrors: with the border's number twice (symmetric) or once (reflect). */
function mirrored(length: number, [before, after]: readonly [number, number], mode: 'reflect' | 'symmetric'): Int32Array {
  const twice = mode === 'symmetric' ? 1 : 0
  return Int32Array.from({ length: before + length + after }, (_, i) => {
    const place = i - before
    if (place < 0) return -place - twice
    return place < length ? place : 2 * (length - 1) - place + twice
  })
}

/** Kernels that put more around a tensor, or repeat it. */
export const repetition: readonly Kernel[] = [
  {
    name: 'PadV2',
    inputs: ['x'],
    forms: ([{ shape, type }], attributes) => [{ shape: shape.map((length, axis) => length + paddingsOf(attributes)[axis][0] + paddingsOf(attributes)[axis][1]), type }],
    shortcut: ([x], _attributes, { shape }) => (sameShape(x.shape, shape) ? x : undefined),
    lower: ({ inputs, attributes, outputs: [{ shape, type }] }, lowering) => {
      const [{ held, order }] = lowering.forms(inputs[0] as Value)
      const lying = order.map((axis) => paddingsOf(attributes)[axis])
      const pads = lowering.integers([...lying.map(([before]) => before), ...lying.map(([, after]) => after)])
      const filling = lowering.scalar(attribute<number | undefined>(attributes, 'constantValue') ?? 0, type)
      return { held: lowering.node('Pad', [held, pads, filling], { shape: lyingShape(shape, order), type }), order }
    },
  },
  {
    name: 'MirrorPad', // ONNX has no symmetric one
    inputs: ['x'],
    compose: ([x], attributes, call) => {
      const { shape } = x as Value
      const mode = attribute<'reflect' | 'symmetric'>(attributes, 'mode')
      return [paddingsOf(attributes).reduce((padded, padding, axis) => {
        if (padding[0] === 0 && padding[1] === 0) return padded
        const data = mirrored(shape[axis], padding, mode)
        const places: Value = { shape: [data.length], type: 'int32', origin: { kind: 'constant', data } }
        return call('GatherV2', [padded, places], { axis, batchDims: 0 })[0]
      }, x as Value)]
    },
  },
  {
    name: 'Tile',
    inputs: ['x'],
    forms: ([{ shape, type }], attributes) => [{ shape: shape.map((length, axis) => length * attribute<number[]>(attributes, 'reps')[axis]), type }],
    shortcut: ([x], attributes, { shape }) =>
      (attribute<number[]>(attributes, 'reps').every((times, axis) => times === 1 || x.shape[axis] === 1) ? broadcastValue(x, shape) : undefined),
    lower: ({ inputs, attributes, outputs: [{ shape, type }] }, lowering) => {
      const [{ held, order }] = lowering.forms(inputs[0] as Value)
      const times = lowering.integers(lyingShape(attribute<number[]>(attributes, 'reps'), order))
      return { held: lowering.node('Tile', [held, times], { shape: lyingShape(shape, order), type }), order }
    },
  },
]
