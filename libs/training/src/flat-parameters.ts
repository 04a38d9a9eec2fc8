import { InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { concat, reshape, split, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'

/** Where each named parameter lies in one flat vector. */
export interface ParameterLayout {
  /** Names, in the order of the vector. */
  readonly names: readonly string[]
  /** Shapes, in the same order. */
  readonly shapes: readonly (readonly number[])[]
  /** Numbers per parameter, in the same order. */
  readonly sizes: readonly number[]
  /** Length of the vector. */
  readonly total: number
}

/**
 * The layout of a network's parameters, in their own order.
 *
 * @param params - borrowed; only names and shapes are read
 * @returns host numbers, which hold no tensors
 * @throws InvalidArgumentError for a network without parameters.
 */
export function parameterLayout(params: Params): ParameterLayout {
  const names = Object.keys(params)
  if (names.length === 0) throw new InvalidArgumentError('params', names, 'at least one named tensor')
  const sizes = names.map((name) => params[name].size)
  return { names, shapes: names.map((name) => params[name].shape), sizes, total: sizes.reduce((sum, size) => sum + size, 0) }
}

/**
 * All parameters as one vector, shape (total,): so an optimiser needs a dozen kernels per step and not a dozen per
 * parameter.
 *
 * @param params - borrowed
 * @returns owned by the caller
 * @throws ShapeError naming the first parameter whose shape differs from the layout's; InvalidArgumentError naming the first
 * that is missing, or the first that the layout does not have.
 */
export function flattenParameters(params: Params, layout: ParameterLayout): Tensor1D {
  layout.names.forEach((name, i) => {
    if (!Object.hasOwn(params, name)) throw new InvalidArgumentError('params', Object.keys(params), `complete: its layout has the parameter ${name}`)
    const { shape } = params[name]
    if (shape.join() !== layout.shapes[i].join()) throw new ShapeError(`the parameter ${name}`, layout.shapes[i], shape)
  })
  const foreign = Object.keys(params).find((name) => !layout.names.includes(name))
  if (foreign !== undefined) throw new InvalidArgumentError('params', foreign, 'those of its layout, without others')
  return tidy(() => concat(layout.names.map((name) => reshape(params[name], [-1]))) as Tensor1D)
}

/**
 * The named parameters in a flat vector; differentiable, with one concatenation as its gradient.
 *
 * @param flat - shape (total,); borrowed
 * @returns tensors owned by the caller
 * @throws ShapeError for a vector of another length.
 */
export function unflattenParameters(flat: Tensor1D, layout: ParameterLayout): Params {
  checkVector(flat, layout)
  return tidy(() => {
    const parts: Tensor[] = layout.sizes.length === 1 ? [flat] : split(flat, [...layout.sizes])
    return Object.fromEntries(layout.names.map((name, i) => [name, reshape(parts[i], [...layout.shapes[i]])]))
  })
}

/** @throws ShapeError for a vector of another length than the layout's. */
export function checkVector({ shape, size }: Tensor, layout: ParameterLayout): void {
  if (shape.length !== 1 || size !== layout.total) throw new ShapeError('the parameter vector', [layout.total], shape)
}
