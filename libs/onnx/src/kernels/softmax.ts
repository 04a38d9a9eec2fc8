import type { Value } from '../trace/graph'
import { axisFromFront } from './axes'
import { attribute, type Kernel } from './kernel'

/** Softmax over one axis, as its operand lies. */
export const softmax: Kernel = {
  name: 'Softmax',
  inputs: ['logits'],
  forms: ([{ shape }]) => [{ shape, type: 'float32' }],
  lower: ({ inputs, attributes, outputs: [{ shape, type }] }, lowering) => {
    const [{ held, order }] = lowering.forms(inputs[0] as Value)
    const place = order.indexOf(axisFromFront(attribute(attributes, 'dim'), shape.length))
    return { held: lowering.node('Softmax', [held], { shape: held.shape, type }, { attributes: { axis: { int: place } } }), order }
  },
}
