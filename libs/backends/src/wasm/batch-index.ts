/** Which matrix of each operand makes each matrix of a batched product. */
export interface BatchPlan {
  /** Leading dimensions of the product. */
  readonly shape: number[]
  /** Index of the left matrix for each matrix of the product. */
  readonly left: Int32Array
  /** Index of the right matrix for each matrix of the product. */
  readonly right: Int32Array
}

/**
 * Broadcasts two lists of leading (batch) dimensions: aligned at the right, a dimension of 1 or none at all is repeated.
 * For [2, 1] and [3] the product has shape [2, 3], left matrices 0 0 0 1 1 1 and right matrices 0 1 2 0 1 2.
 *
 * @throws {RangeError} where two dimensions differ and neither is 1.
 */
export function broadcastBatch(left: readonly number[], right: readonly number[]): BatchPlan {
  const rank = Math.max(left.length, right.length)
  const [paddedLeft, paddedRight] = [padded(left, rank), padded(right, rank)]
  const shape = paddedLeft.map((size, axis) => {
    const other = paddedRight[axis] ?? 1
    if (size !== other && size !== 1 && other !== 1) {
      throw new RangeError(
        `Batch dimensions of a matMul must be equal or 1; got [${left.join(', ')}] and [${right.join(', ')}]. ` +
          'Reshape or tile one of the operands.',
      )
    }
    return size === 1 ? other : size
  })
  return { shape, left: sourceIndices(paddedLeft, shape), right: sourceIndices(paddedRight, shape) }
}

const padded = (shape: readonly number[], rank: number) => [...Array<number>(rank - shape.length).fill(1), ...shape]

const product = (shape: readonly number[]) => shape.reduce((size, dimension) => size * dimension, 1)

function sourceIndices(source: readonly number[], target: readonly number[]): Int32Array {
  const indices = new Int32Array(product(target))
  for (let flat = 0; flat < indices.length; flat++) {
    let [rest, stride, index] = [flat, 1, 0]
    for (let axis = target.length - 1; axis >= 0; axis--) {
      const [size, sourceSize] = [target[axis] ?? 1, source[axis] ?? 1]
      if (sourceSize !== 1) index += (rest % size) * stride
      rest = Math.floor(rest / size)
      stride *= sourceSize
    }
    indices[flat] = index
  }
  return indices
}
