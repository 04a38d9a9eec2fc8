import { naturalOrder } from '../lower/axis-order'
import { asCounted, type Lowering } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import { sizeOf, type Operation, type Value } from '../trace/graph'
import { attribute, type Kernel } from './kernel'

/** The order of axes with the last two exchanged where the matrices are to be transposed. */
const matrixOrder = (rank: number, transposed: boolean): number[] => {
  const order = [...naturalOrder(rank)]
  return transposed ? [...order.slice(0, -2), rank - 1, rank - 2] : order
}

/** One matrix of a product of two, as it lies, and whether the product has to transpose it. */
function operandOf(lowering: Lowering, value: Value, transposed: boolean): { held: OnnxValue, transpose: boolean } {
  const turned = lowering.forms(value).every((form) => form.order[0] === 1)
  return { held: lowering.lying(value, turned ? [1, 0] : [0, 1]), transpose: turned !== transposed }
}

/** Products of matrices, and of stacks of them. */
export const matrixProducts: readonly Kernel[] = [
  {
    name: 'BatchMatMul',
    inputs: ['a', 'b'],
    forms: ([a, b], attributes) => {
      const rows = a.shape.at(attribute(attributes, 'transposeA') ? -1 : -2) as number
      const columns = b.shape.at(attribute(attributes, 'transposeB') ? -2 : -1) as number
      const [outerA, outerB] = [a, b].map(({ shape }) => shape.slice(0, -2))
      const outer = sizeOf(outerA) >= sizeOf(outerB) ? outerA : outerB
      return [{ shape: [...outer, rows, columns], type: 'float32' }]
    },
    lower: ({ inputs, attributes, outputs: [output] }: Operation, lowering) => {
      const [a, b] = inputs as readonly Value[]
      const [transposeA, transposeB] = ['transposeA', 'transposeB'].map((name) => Boolean(attribute(attributes, name)))
      const rank = output.shape.length
      const flat = ({ shape }: Value) => sizeOf(shape.slice(0, -2)) === 1
      if (flat(a) && flat(b)) return lowerFlat(a, b, transposeA, transposeB, output, lowering)
      const [left, right] = [lowering.lying(a, matrixOrder(a.shape.length, transposeA)), lowering.lying(b, matrixOrder(b.shape.length, transposeB))]
      const held = lowering.node('MatMul', [left, right], output)
      return { held, order: naturalOrder(rank) }
    },
  },
]

/** A product of two matrices, which Gemm takes either way round, so that neither has to be transposed. */
function lowerFlat(a: Value, b: Value, transposeA: boolean, transposeB: boolean, output: Value, lowering: Lowering) {
  const flatten = (value: Value, transposed: boolean): { held: OnnxValue, transpose: boolean } => {
    if (value.shape.length === 2) return operandOf(lowering, value, transposed)
    return { held: lowering.reshape(lowering.natural(value), value.shape.slice(-2)), transpose: transposed }
  }
  const [left, right] = [flatten(a, transposeA), flatten(b, transposeB)]
  const attributes = { transA: { int: left.transpose ? 1 : 0 }, transB: { int: right.transpose ? 1 : 0 } }
  const held = lowering.node('Gemm', [left.held, right.held], { shape: output.shape.slice(-2), type: 'float32' }, { attributes })
  return asCounted(lowering.reshape(held, output.shape))
}
