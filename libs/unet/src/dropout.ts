import { fillUniform, InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { mul, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import type { ImageShape } from './layer'

/** A mask on the host, as batches of `@sbgm/training` hold their arrays. */
export interface DropoutMask {
  /** 0 for what is dropped, 1/(1 − rate) for what stays; row by row. */
  readonly data: Float32Array
  /** (batch, height, width, channels). */
  readonly shape: readonly number[]
}

/** Which masks are wanted. */
export interface DropoutMaskOptions {
  /** Number of samples. */
  readonly batch: number
  /** Seed of the noise. */
  readonly seed: number
  /** Number of the training step. */
  readonly step: number
  /** Number of the first sample: the masks of a sample do not depend on the batch that it is in. @defaultValue 0 */
  readonly firstSample?: number
}

/** The name under which a residual block looks for its mask. */
export const dropoutName = (block: string): string => `${block}.dropout`

/** Masks of these shapes, each entry 0 with probability `rate`, drawn from noise that is keyed by the mask's name. */
export function dropoutMasks(
  shapes: Readonly<Record<string, ImageShape>>,
  rate: number,
  { batch, seed, step, firstSample = 0 }: DropoutMaskOptions,
): Readonly<Record<string, DropoutMask>> {
  if (!(Number.isInteger(batch) && batch >= 1)) throw new InvalidArgumentError('batch', batch, 'a positive integer')
  const kept = 1 / (1 - rate)
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const sampleSize = shape[0] * shape[1] * shape[2]
      const data = new Float32Array(batch * sampleSize)
      fillUniform(data, sampleSize, { seed, stream: `dropout/${name}`, step, firstSample, draw: 0 })
      for (let i = 0; i < data.length; i++) data[i] = data[i] < rate ? 0 : kept
      return [name, { data, shape: [batch, ...shape] }]
    }),
  )
}

/** x times its mask, or x itself where there are no masks at all. */
export function dropFeatures(x: Tensor4D, masks: Readonly<Record<string, Tensor>> | undefined, name: string): Tensor4D {
  return masks === undefined ? x : mul(x, masks[name])
}

/** Throws unless there is a mask of each shape. Other entries are let be, so that a whole training batch may be handed in. */
export function checkDropout(masks: Readonly<Record<string, Tensor>>, shapes: Readonly<Record<string, ImageShape>>, batch: number): void {
  for (const [name, shape] of Object.entries(shapes)) {
    const mask = masks[name]
    if (mask === undefined) throw new InvalidArgumentError('conditions.dropout', Object.keys(masks), `what dropoutMasks makes, with ${name}`)
    if (mask.shape.join() !== [batch, ...shape].join()) throw new ShapeError(`the mask ${name}`, [batch, ...shape], mask.shape)
  }
}
