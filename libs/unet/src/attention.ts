import { add, matMul, mul, reshape, softmax, tidy, type Tensor2D, type Tensor3D } from '@tensorflow/tfjs-core'
import { groupNorm } from './group-norm'
import type { Block, ImageShape } from './layer'
import { linearLayer } from './linear'

/** What {@link attentionBlock} is made of. */
export interface AttentionBlockOptions {
  /** Shape of its input and output. */
  readonly shape: ImageShape
  /** Groups of its normalisation. */
  readonly groups: number
}

/**
 * x + W_o softmax(q kᵀ/√channels) v, where q, k and v are linear in group-normalised x and every pixel looks at all pixels;
 * one head. W_o starts at zero.
 *
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.2; Ho et al. 2020, arXiv:2006.11239, appendix B.
 */
export function attentionBlock(name: string, { shape, groups }: AttentionBlockOptions): Block {
  const [height, width, channels] = shape
  const pixels = height * width
  const norm = groupNorm(`${name}.norm`, { shape, groups })
  // three products rather than one that is split: with tfjs's own wasm kernels splitting rows, and its gradient, cost more than multiplying
  const [query, key, value] = ['query', 'key', 'value'].map((part) => linearLayer(`${name}.${part}`, { inputs: channels, outputs: channels, rows: pixels }))
  const out = linearLayer(`${name}.output`, { inputs: channels, outputs: channels, rows: pixels, start: 'zeros' })
  return {
    layers: [
      norm.layer,
      query.layer,
      key.layer,
      value.layer,
      { name: `${name}.weights`, operation: 'softmax q kᵀ', output: [pixels, pixels], parameters: [], multiplyAdds: pixels * pixels * channels },
      { name: `${name}.values`, operation: 'weights · v', output: [pixels, channels], parameters: [], multiplyAdds: pixels * pixels * channels },
      out.layer,
    ],
    output: shape,
    dropout: {},
    apply: (params, x) =>
      tidy(() => {
        const rows = reshape(norm.apply(params, x), [-1, channels]) as Tensor2D
        const perSample = (part: typeof query) => reshape(part.apply(params, rows), [-1, pixels, channels]) as Tensor3D
        const [q, k, v] = [query, key, value].map(perSample)
        const weights = softmax(matMul(mul(q, 1 / Math.sqrt(channels)) as Tensor3D, k, false, true))
        const seen = reshape(matMul(weights, v), [-1, channels]) as Tensor2D
        return add(x, reshape(out.apply(params, seen), x.shape))
      }),
  }
}
