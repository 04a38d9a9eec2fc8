import { InvalidArgumentError, ShapeError, type Network, type Params, type Prediction } from '@sbgm/sde-core'
import { add, matMul, tidy, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { checkParams, initialParams, type Layer } from './layer'
import { linear } from './linear'
import { silu } from './silu'
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
 * for a missing or foreign parameter, or a label
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
  const chain = perceptronLayers(dim, width, hidden, timeFeatures)
  return Object.freeze<Network<P>>({
    predicts,
    init: (seed) => initialParams(chain, seed),
    apply(params, x, t, { label } = {}) {
      if (x.shape.length !== 2 || x.shape[1] !== dim) throw new ShapeError('x', `(batch, ${dim})`, x.shape)
      if (t.shape.length !== 1 || t.shape[0] !== x.shape[0]) throw new ShapeError('t', [x.shape[0]], t.shape)
      if (label !== undefined) throw new InvalidArgumentError('conditions.label', label.shape, 'left out, since this network has no classes')
      checkParams(params, chain)
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

/** The layers in the order of their work; the time's kernel stands between the first layer's kernel and bias, which it shares. */
function perceptronLayers(dim: number, width: number, hidden: readonly string[], timeFeatures: number): readonly Layer[] {
  const kernel = (name: string, rows: number, columns: number, start: 'zeros' | number = 1 / Math.sqrt(rows)) =>
    ({ name: `${name}.kernel`, shape: [rows, columns], start }) as const
  const bias = (name: string, columns: number) => ({ name: `${name}.bias`, shape: [columns], start: 'zeros' }) as const
  const layer = (name: string, output: number, parameters: Layer['parameters']): Layer =>
    ({ name, operation: 'linear', output: [output], parameters, multiplyAdds: parameters[0].shape[0] * output })
  return [
    layer('input', width, [kernel('input', dim, width)]),
    layer('time', width, [kernel('time', timeFeatures, width, Math.sqrt(2 / timeFeatures)), bias('input', width)]), // cos² + sin² = 1
    ...hidden.map((name) => layer(name, width, [kernel(name, width, width), bias(name, width)])),
    layer('output', dim, [kernel('output', width, dim, 'zeros'), bias('output', dim)]),
  ]
}
