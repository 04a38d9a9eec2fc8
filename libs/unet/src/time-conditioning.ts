import type { Params } from '@sbgm/sde-core'
import { add, cast, matMul, oneHot, tidy, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { BodySettings } from './body-options'
import { gaussianFourierEmbedding } from './fourier-embedding'
import type { Layer } from './layer'
import { linearLayer } from './linear'
import { silu } from './silu'
import { sinusoidalEmbedding } from './time-embedding'

/**
 * What the blocks are told of time and label: SiLU(W₂ SiLU(W₁ features(t) + b₁) + b₂ + row of the label), shape
 * (batch, timeWidth). The label `classes` stands for "no label": its row is zero.
 */
export function timeConditioning({ timeFeatures, timeWidth, timeEmbedding, timeScale, fourierSeed }: BodySettings, classes: number) {
  const first = linearLayer('time.0', { inputs: timeFeatures, outputs: timeWidth, start: Math.sqrt(2 / timeFeatures) }) // cos² + sin² = 1
  const second = linearLayer('time.1', { inputs: timeWidth, outputs: timeWidth })
  const label: Layer = {
    name: 'label',
    operation: 'embedding',
    output: [timeWidth],
    parameters: [{ name: 'label.kernel', shape: [classes, timeWidth], start: 1 }],
    multiplyAdds: classes * timeWidth,
  }
  const features = (t: Tensor1D): Tensor2D =>
    timeEmbedding === 'sinusoidal'
      ? sinusoidalEmbedding(t, { size: timeFeatures, scale: timeScale })
      : gaussianFourierEmbedding(t, { size: timeFeatures, scale: timeScale, seed: fourierSeed })
  const apply = (params: Params, t: Tensor1D, labels?: Tensor1D): Tensor2D =>
    tidy(() => {
      const embedded = second.apply(params, silu(first.apply(params, features(t))))
      if (labels === undefined || classes === 0) return silu(embedded)
      // cast: a batch of training holds its labels as float32; a one-hot product: the label `classes` gets zeros, and tfjs's own wasm kernels lack the gradient of a gather
      return silu(add(embedded, matMul(oneHot(cast(labels, 'int32'), classes) as Tensor2D, params['label.kernel'] as Tensor2D)))
    })
  return { layers: [first.layer, second.layer, ...(classes > 0 ? [label] : [])], apply }
}
