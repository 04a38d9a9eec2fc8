import { lyingShape, orderWithout } from '../lower/axis-order'
import type { Value, ValueType } from '../trace/graph'
import { axisOf, shapeWithout } from './axes'
import { castTo } from './elementwise'
import { attribute, type Call, type ComposedKernel, type Kernel, type PrimitiveKernel } from './kernel'

const asNumber = (type: ValueType): ValueType => (type === 'bool' ? 'int32' : type)

/** The place of the largest or smallest number along an axis, the first where there are several. */
const extremePlace = (name: 'ArgMax' | 'ArgMin'): PrimitiveKernel => ({
  name,
  inputs: ['x'],
  forms: ([{ shape }], attributes) => [{ shape: shapeWithout(shape, [axisOf(attributes, shape.length)]), type: 'int32' }],
  lower: ({ inputs, attributes, outputs: [output] }, lowering) => {
    const x = inputs[0] as Value
    const [form] = lowering.forms(x)
    const axis = axisOf(attributes, x.shape.length)
    const order = orderWithout(form.order, [axis])
    const places = lowering.node(name, [castTo(lowering, form.held, asNumber(x.type))], { shape: lyingShape(output.shape, order), type: 'int64' },
      { attributes: { axis: { int: form.order.indexOf(axis) }, keepdims: { int: 0 } } })
    return { held: castTo(lowering, places, 'int32'), order }
  },
})

const cumulativeSum: PrimitiveKernel = {
  name: 'Cumsum',
  inputs: ['x'],
  forms: ([{ shape, type }]) => [{ shape, type: asNumber(type) }],
  lower: ({ inputs, attributes, outputs: [{ type }] }, lowering) => {
    const x = inputs[0] as Value
    const [form] = lowering.forms(x)
    const axis = form.order.indexOf(axisOf(attributes, x.shape.length))
    const flags = Object.fromEntries(['exclusive', 'reverse'].map((name) => [name, { int: attribute<boolean>(attributes, name) ? 1 : 0 }]))
    const operands = [castTo(lowering, form.held, type), lowering.scalar(axis, 'int64')]
    return { held: lowering.node('CumSum', operands, { shape: form.held.shape, type }, { attributes: flags }), order: form.order }
  },
}

/** x moved along an axis by a distance, the gap filled with ones: towards its end, or towards its beginning. */
function moved(x: Value, axis: number, distance: number, reverse: boolean, call: Call): Value {
  const paddings = x.shape.map((_, each) => (each !== axis ? [0, 0] : reverse ? [0, distance] : [distance, 0]))
  const [padded] = call('PadV2', [x], { paddings, constantValue: 1 })
  return call('Slice', [padded], { begin: x.shape.map((_, each) => (each === axis && reverse ? distance : 0)), size: x.shape })[0]
}

/** ONNX has no running product: runs of 1, 2, 4, … numbers are multiplied with the runs before them, in log₂ n steps. */
const cumulativeProduct: ComposedKernel = {
  name: 'Cumprod',
  inputs: ['x'],
  compose: ([operand], attributes, call) => {
    let [x] = operand?.type === 'bool' ? call('Cast', [operand], { dtype: 'int32' }) : [operand as Value]
    const axis = axisOf(attributes, x.shape.length)
    const reverse = attribute<boolean>(attributes, 'reverse')
    if (attribute<boolean>(attributes, 'exclusive')) x = moved(x, axis, 1, reverse, call)
    for (let run = 1; run < x.shape[axis]; run *= 2) [x] = call('Multiply', [x, moved(x, axis, run, reverse, call)])
    return [x]
  },
}

/** Kernels that run along one axis. */
export const scans: readonly Kernel[] = [extremePlace('ArgMax'), extremePlace('ArgMin'), cumulativeSum, cumulativeProduct]
