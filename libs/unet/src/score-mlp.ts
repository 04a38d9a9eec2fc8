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
  /** Number of hidden layers, at least 1. @defaultValue 3 */
  readonly layers?: number
  /** Number of sinusoidal features of the time; even. @defaultValue 32 */
  readonly timeFeatures?: number
}

/**
 * A multilayer perceptron for states of shape (batch, dim): h_1 = SiLU(x W_x + embedding(t) W_t + b), more layers
 * h = SiLU(h W + b), then a linear one that starts at zero. For problems of few dimensions.
 *
 * Parameters: `input.kernel`, `time.kernel`, `input.bias`, `hidden.<i>.kernel`, `hidden.<i>.bias`, `output.kernel`,
 * `output.bias`. Kernels start as N(0, 1/fan-in).
 *
 * @throws InvalidArgumentError unless dim, width and layers are positive integers and timeFeatures an even one.
 * @example
 * ```ts
 * import { scoreMlp } from '@sbgm/unet'
 *
 * const network = scoreMlp({ dim: 2, predicts: 'noise', width: 128 })
 * const params = network.init(0)
 * ```
 */
export function scoreMlp<P extends Prediction>(options: ScoreMlpOptions<P>): Network<P> {
  const { dim, predicts, width = 64, layers = 3, timeFeatures = 32 } = options
  for (const [name, value] of Object.entries({ dim, width, layers })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new InvalidArgumentError(name, value, 'a positive integer')
  }
  if (!(Number.isInteger(timeFeatures) && timeFeatures >= 2 && timeFeatures % 2 === 0)) {
    throw new InvalidArgumentError('timeFeatures', timeFeatures, 'an even integer of at least 2')
  }
  const hidden = Array.from({ length: layers - 1 }, (_, i) => `hidden.${i}`)
  return Object.freeze<Network<P>>({
    predicts,
    init(seed) {
      const kernel = (name: string, fanIn: number, shape: readonly [number, number]) => normalKernel(name, seed, shape, 1 / Math.sqrt(fanIn))
      const params: Record<string, Tensor> = {
        'input.kernel': kernel('input.kernel', dim, [dim, width]),
        'time.kernel': kernel('time.kernel', timeFeatures / 2, [timeFeatures, width]), // cos² + sin² = 1: half as large
        'input.bias': zeros([width]),
      }
      for (const name of hidden) {
        params[`${name}.kernel`] = kernel(`${name}.kernel`, width, [width, width])
        params[`${name}.bias`] = zeros([width])
      }
      params['output.kernel'] = zeros([width, dim])
      params['output.bias'] = zeros([dim])
      return params
    },
    apply: (params, x, t) => tidy(() => forward(params, x, t)),
  })

  function forward(params: Params, x: Tensor, t: Tensor1D): Tensor {
    if (x.shape.length !== 2 || x.shape[1] !== dim) throw new ShapeError('x', `(batch, ${dim})`, x.shape)
    if (t.shape.length !== 1 || t.shape[0] !== x.shape[0]) throw new ShapeError('t', [x.shape[0]], t.shape)
    const time = matMul(sinusoidalEmbedding(t, { size: timeFeatures }), params['time.kernel'] as Tensor2D)
    let h = silu(add(linear(x as Tensor2D, params['input.kernel'], params['input.bias']), time)) as Tensor2D
    for (const name of hidden) h = silu(linear(h, params[`${name}.kernel`], params[`${name}.bias`]))
    return linear(h, params['output.kernel'], params['output.bias'])
  }
}
