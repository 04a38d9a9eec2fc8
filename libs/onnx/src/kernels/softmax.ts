import type { Lying, Lowering } from '../lower/lowering'
import type { Operation, Value } from '../trace/graph'
import { attribute, type Kernel } from './kernel'

const overLastAxis = (name: string, input: string, axisName?: string): Kernel => ({
  name,
  inputs: [input],
  forms: ([x]) => [{ shape: x.shape, type: 'float32' }],
  lower: ({ inputs: [x], attributes, outputs: [{ shape, type }] }: Operation, lowering: Lowering): Lying => {
    const [form] = lowering.forms(x as Value)
    const axis = axisName === undefined ? shape.length - 1 : attribute<number>(attributes, axisName)
    const place = form.order.indexOf(axis < 0 ? axis + shape.length : axis)
    return { held: lowering.node(name, [form.held], { shape: form.held.shape, type }, { attributes: { axis: { int: place } } }), order: form.order }
  },
})

/** Softmax, and its logarithm. */
export const softmaxes: readonly Kernel[] = [overLastAxis('Softmax', 'logits', 'dim'), overLastAxis('LogSoftmax', 'logits', 'axis')]
