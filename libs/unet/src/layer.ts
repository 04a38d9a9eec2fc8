import { fillNormal, InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { ones, tensor, zeros, type Tensor, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'

/** Height, width and channels of an image, or of the features that a layer makes of it. */
export type ImageShape = readonly [height: number, width: number, channels: number]

/** One parameter of a layer. */
export interface ParameterSpec {
  /** Its name in the flat map of parameters. */
  readonly name: string
  /** Its shape. */
  readonly shape: readonly number[]
  /** What it starts as: constants, or normal entries of this standard deviation. */
  readonly start: 'zeros' | 'ones' | number
}

/** One layer of a network, as far as it can be told without running it. */
export interface Layer {
  /** Its name, with which the names of its parameters begin. */
  readonly name: string
  /** What it does, in a word or two, such as `conv 3×3 / 2`. */
  readonly operation: string
  /** The shape of what it makes of one sample. */
  readonly output: readonly number[]
  /** Its parameters; none for attention's products. */
  readonly parameters: readonly ParameterSpec[]
  /** Multiply-adds of its convolutions and matrix products for one sample; element-wise work is not counted. */
  readonly multiplyAdds: number
}

/** What every block of a network may look at, besides its own input. */
export interface BlockContext {
  /** The embedding of time and label after its last SiLU, shape (batch, features). */
  readonly time: Tensor2D
  /** Dropout masks by name; none: nothing is dropped. */
  readonly dropout: Readonly<Record<string, Tensor>> | undefined
}

/** A few layers that belong together, as a pure function of images (batch, height, width, channels). */
export interface Block {
  /** Its layers in the order of their work. */
  readonly layers: readonly Layer[]
  /** The shape that it makes. */
  readonly output: ImageShape
  /** The shapes of its dropout masks for one sample, by name. */
  readonly dropout: Readonly<Record<string, ImageShape>>
  /** The function; borrows its arguments and returns a new tensor. Joined features are for the blocks that were built with some. */
  apply(params: Params, x: Tensor4D, context: BlockContext, joined?: Tensor4D): Tensor4D
}

/** Fresh parameters of these layers, each drawn from noise keyed by seed and its own name; owned by the caller. */
export function initialParams(layers: readonly Layer[], seed: number): Params {
  return Object.fromEntries(layers.flatMap(({ parameters }) => parameters.map((spec) => [spec.name, initialParameter(spec, seed)])))
}

function initialParameter({ name, shape, start }: ParameterSpec, seed: number): Tensor {
  if (start === 'zeros') return zeros([...shape])
  if (start === 'ones') return ones([...shape])
  const values = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
  fillNormal(values, values.length, { seed, stream: `init/${name}`, step: 0, firstSample: 0, draw: 0 })
  return tensor(values.map((value) => start * value), [...shape])
}

/** Throws unless the map holds a parameter of the right shape for each of these layers' and none besides. */
export function checkParams(params: Params, layers: readonly Layer[]): void {
  const specs = layers.flatMap(({ parameters }) => parameters)
  for (const { name, shape } of specs) {
    if (params[name] === undefined) throw new InvalidArgumentError('params', Object.keys(params), `those of this network, with ${name}`)
    if (params[name].shape.join() !== shape.join()) throw new ShapeError(`the parameter ${name}`, shape, params[name].shape)
  }
  if (Object.keys(params).length > specs.length) {
    const known = new Set(specs.map(({ name }) => name))
    const foreign = Object.keys(params).filter((name) => !known.has(name))
    throw new InvalidArgumentError('params', foreign, `those of this network and no others; leave these out`)
  }
}
