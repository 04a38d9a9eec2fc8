import { backend_util, type Tensor } from '@tensorflow/tfjs-core'
import { asCounted } from '../lower/lowering'
import type { Value } from '../trace/graph'
import { attribute, type Attributes, type Kernel } from './kernel'

const equationOf = (attributes: Attributes): string => attribute<string>(attributes, 'equation').replaceAll(/\s/g, '')

/** Sums of products over named axes; TensorFlow.js has no gradient of it. */
export const einsum: Kernel = {
  name: 'Einsum',
  inputs: 'list',
  forms: (operands, attributes) => {
    const equation = equationOf(attributes)
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, operands.length)
    backend_util.checkEinsumDimSizes(allDims.length, idDims, operands.map(({ shape }) => ({ shape }) as Tensor))
    const lengths = new Map(operands.flatMap(({ shape }, i) => shape.map((length, axis) => [allDims[idDims[i][axis]], length])))
    const [, result] = equation.split('->')
    return [{ shape: [...result].map((name) => lengths.get(name) ?? 1), type: operands[0].type }]
  },
  lower: ({ inputs, attributes, outputs: [{ shape, type }] }, lowering) =>
    asCounted(lowering.node('Einsum', inputs.map((each) => lowering.natural(each as Value)), { shape, type }, { attributes: { equation: { string: equationOf(attributes) } } })),
}
