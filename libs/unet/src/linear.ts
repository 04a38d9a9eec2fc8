import type { Params } from '@sbgm/sde-core'
import { add, matMul, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Layer } from './layer'

/** x · kernel + bias for x of shape (batch, in), kernel (in, out), bias (out,). */
export const linear = (x: Tensor2D, kernel: Tensor, bias: Tensor): Tensor2D =>
  tidy(() => add(matMul(x, kernel as Tensor2D), bias) as Tensor2D)

/** What {@link linearLayer} is made of. */
export interface LinearOptions {
  /** Numbers per row. */
  readonly inputs: number
  /** Numbers per row of its output. */
  readonly outputs: number
  /** How many rows there are in one sample. @defaultValue 1 */
  readonly rows?: number
  /** What the kernel starts as. @defaultValue N(0, 1/inputs) */
  readonly start?: 'zeros' | number
}

/** The layer x · kernel + bias, with `<name>.kernel` (in, out) and `<name>.bias` (out,). */
export function linearLayer(name: string, { inputs, outputs, rows = 1, start = 1 / Math.sqrt(inputs) }: LinearOptions) {
  const layer: Layer = {
    name,
    operation: 'linear',
    output: rows === 1 ? [outputs] : [rows, outputs],
    parameters: [
      { name: `${name}.kernel`, shape: [inputs, outputs], start },
      { name: `${name}.bias`, shape: [outputs], start: 'zeros' },
    ],
    multiplyAdds: rows * inputs * outputs,
  }
  const apply = (params: Params, x: Tensor2D): Tensor2D => linear(x, params[`${name}.kernel`], params[`${name}.bias`])
  return { layer, apply }
}
