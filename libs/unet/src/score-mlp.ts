import { InvalidArgumentError, ShapeError, type Network, type Params, type Prediction } from '@sbgm/sde-core'
import { add, matMul, tidy, zeros, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { linear, normalKernel, silu } from './linear'
import { sinusoidalEmbedding } from './time-embedding'

/** Settings of {@link scoreMlp}. */
export interface ScoreMlpOptions<P extends Prediction> {
  /** Numbers per sample. */
  readonly dim: number
  /** What it predicts. */
  readonly predicts: P
  /** Units per hidden layer. @defaultValue 64 */
  readonly width?: number
  /** Number of hidden layers; at least 1. @defaultValue 3 */
  readonly layers?: number
  /** Number of sinusoidal features of the time; even. @defaultValue 32 */
  readonly timeFeatures?: number
  /**
   * Radians per unit of time in the fastest of those features. The default suits times in [0, 1]; where they end
   * elsewhere, choose about 1000 / tMax, such as 12.5 for the EDM SDE with its tMax of 80.
   *
   * @defaultValue 1000
   */
  readonly timeScale?: number
}

/**
 * A multilayer perceptron for states of shape (batch, dim): h_1 = SiLU(x W_x + embedding(t) W_t + b), more layers
 * h = SiLU(h W + b), then a linear one that starts at zero. For problems of few dimensions.
 *
 * Parameters: `input.kernel`, `time.kernel`, `input.bias`, `hidden.<i>.kernel`, `hidden.<i>.bias`, `output.kernel`,
 * `output.bias`, shapes (in, out) and (out,). Kernels start as N(0, 1/in), `time.kernel` as N(0, 2/timeFeatures), since
 * cos² + sin² = 1; biases and the output start at zero.
 *
 * @returns a network whose `apply` throws ShapeError where x, t or a parameter has another shape, and InvalidArgumentError
 * for a missing parameter
 * @throws InvalidArgumentError unless dim, width and layers are positive integers, timeFeatures an even one, and timeScale is
 * positive.
 * @example
 * ```ts
 * import { scoreMlp } from '@sbgm/unet'
 *
 * const network = scoreMlp({ dim: 2, predicts: 'noise', width: 128 })
 * const params = network.init(0)
 * console.log(params['hidden.0.kernel'].shape) // [ 128, 128 ]
 * ```
 */
export function scoreMlp<P extends Prediction>(options: ScoreMlpOptions<P>): Network<P> {
  const { dim, predicts, width = 64, layers = 3, timeFeatures = 32, timeScale = 1000 } = options
  for (const [name, value] of Object.entries({ dim, width, layers })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError(name, value, 'a positive integer')
  }
  if (!(Number.isInteger(timeFeatures) && timeFeatures >= 2 && timeFeatures % 2 === 0)) {
    throw new InvalidArgumentError('timeFeatures', timeFeatures, 'an even integer of at least 2')
  }
  if (!(timeScale > 0 && Number.isFinite(timeScale))) throw new InvalidArgumentError('timeScale', timeScale, 'a positive number')
  const hidden = Array.from({ length: layers - 1 }, (_, i) => `hidden.${i}`)
  const shapes: Readonly<Record<string, readonly number[]>> = {
    'input.kernel': [dim, width],
    'time.kernel': [timeFeatures, width],
    'input.bias': [width],
    ...Object.fromEntries(hidden.flatMap((name) => [[`${name}.kernel`, [width, width]], [`${name}.bias`, [width]]])),
    'output.kernel': [width, dim],
    'output.bias': [dim],
  }
  return Object.freeze<Network<P>>({
    predicts,
    init(seed) {
      const start = (name: string, shape: readonly number[]): Tensor => {
        if (name.endsWith('.bias') || name === 'output.kernel') return zeros([...shape])
        const squaredInput = name === 'time.kernel' ? timeFeatures / 2 : shape[0] // cos² + sin² = 1
        return normalKernel(name, seed, [shape[0], shape[1]], 1 / Math.sqrt(squaredInput))
      }
      return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, start(name, shape)]))
    },
    apply(params, x, t) {
      if (x.shape.length !== 2 || x.shape[1] !== dim) throw new ShapeError('x', `(batch, ${dim})`, x.shape)
      if (t.shape.length !== 1 || t.shape[0] !== x.shape[0]) throw new ShapeError('t', [x.shape[0]], t.shape)
      for (const [name, shape] of Object.entries(shapes)) {
        if (params[name] === undefined) throw new InvalidArgumentError('params', Object.keys(params), `those of this network, with ${name}`)
        if (params[name].shape.join() !== shape.join()) throw new ShapeError(`the parameter ${name}`, shape, params[name].shape)
      }
      return tidy(() => forward(params, x as Tensor2D, t))
    },
  })

  function forward(params: Params, x: Tensor2D, t: Tensor1D): Tensor {
    const time = matMul(sinusoidalEmbedding(t, { size: timeFeatures, scale: timeScale }), params['time.kernel'] as Tensor2D)
    let h = silu(add(linear(x, params['input.kernel'], params['input.bias']), time)) as Tensor2D
    for (const name of hidden) h = silu(linear(h, params[`${name}.kernel`], params[`${name}.bias`]))
    return linear(h, params['output.kernel'], params['output.bias'])
  }
}
