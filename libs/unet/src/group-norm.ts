import { fusedKernel, type FusedKernel, type Params } from '@sbgm/sde-core'
import { add, customGrad, matMul, mean, mul, reshape, rsqrt, square, sub, sum, tensor, tidy, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '@tensorflow/tfjs-core'
import { differentiableOnce } from './differentiable-once'
import type { ImageShape, Layer } from './layer'
import { alongRow, rowsOf } from './per-channel'
import { silu } from './silu'

/** What {@link groupNorm} is made of. */
export interface GroupNormOptions {
  /** Shape of its input and output. */
  readonly shape: ImageShape
  /** Number of groups; divides the channels. */
  readonly groups: number
  /** What comes behind it. @defaultValue 'none' */
  readonly activation?: Activation
}

type Activation = 'none' | 'silu'

/** Added to the variance, as PyTorch does. */
const epsilon = 1e-5

/**
 * Group normalisation, y = scale · (x − μ)/√(σ² + 1e-5) + shift, μ and σ² over the pixels and channels of a group, with
 * `<name>.scale` and `<name>.shift`, both (channels,); with the activation 'silu' SiLU(y).
 *
 * Where the active backend has the kernels `sbgm.GroupNorm` and `sbgm.GroupNormGrad` they compute it, activation and all; else it is composed.
 *
 * @see Wu and He 2018, arXiv:1803.08494.
 */
export function groupNorm(name: string, { shape, groups, activation = 'none' }: GroupNormOptions) {
  const channels = shape[2]
  const layer: Layer = {
    name,
    operation: `group norm ${groups}`,
    output: shape,
    parameters: [
      { name: `${name}.scale`, shape: [channels], start: 'ones' },
      { name: `${name}.shift`, shape: [channels], start: 'zeros' },
    ],
    multiplyAdds: 0,
  }
  /** Normalises x, or x + offset with an offset per sample and channel, (batch, channels), which costs no pass over the pixels. */
  const apply = (params: Params, x: Tensor4D, offset?: Tensor2D): Tensor4D => {
    const inputs = [x, params[`${name}.scale`], params[`${name}.shift`], ...(offset ? [offset] : [])]
    const [forward, backward] = [fusedKernel('sbgm.GroupNorm'), fusedKernel('sbgm.GroupNormGrad')]
    if (forward && backward && x.size > 0) return fusedNormaliser(forward, backward, { groups, epsilon, activation })(...inputs) as Tensor4D
    const composed = () => normaliser(groups)(...inputs) as Tensor4D
    return activation === 'silu' ? tidy(() => silu(composed())) : composed()
  }
  return { layer, apply }
}

/** (x, scale, shift, offset?) → activation(y) by a backend's own kernels, of which the gradient's begins with the inputs again. */
const fusedNormaliser = (forward: FusedKernel, backward: FusedKernel, attributes: Parameters<FusedKernel>[1]) =>
  customGrad((...inputs) => {
    const save = inputs.pop() as unknown as (tensors: Tensor[]) => void
    const named = ([x, scale, shift, offset]: readonly Tensor[]) => ({ x, scale, shift, ...(offset && { offset }) })
    save(inputs as Tensor[])
    return {
      value: forward(named(inputs as Tensor[]), attributes)[0],
      // what comes out refuses to be differentiated, as the tape knows no gradient of the kernel
      gradFunc: (dy, saved) => tidy(() => backward({ ...named(saved), dy: dy as Tensor }, attributes).map(differentiableOnce)),
    }
  })

/**
 * (x, scale, shift, offset?) → y with the gradient by hand, in half the passes over the pixels that the tape would take.
 *
 * The pixels are centred twice: by a mean that is wrong by the rounding of a long sum, and then, inside the last affine map,
 * by the mean of what is left. The variance is that of centred pixels, so that images far from zero keep their digits.
 */
const normaliser = (groups: number) =>
  customGrad((...inputs) => {
    const save = inputs.pop() as unknown as (tensors: Tensor[]) => void
    const [x, scale, shift, offset] = inputs as [Tensor4D, Tensor1D, Tensor1D, Tensor2D?]
    const [, height, width, channels] = x.shape
    const overGroups = (perChannel: Tensor) => matMul(perChannel as Tensor2D, groupAveraging(channels, groups))
    const means = (rows: Tensor) => mean(reshape(rows, x.shape), [1, 2]) as Tensor2D
    const lift = (perChannel: Tensor) => alongRow(perChannel as Tensor2D, width)

    const rough = means(x)
    const roughMean = overGroups(offset ? add(rough, offset) : rough)
    const centred = sub(rowsOf(x), lift(offset ? sub(roughMean, offset) : roughMean))
    const centredMeans = means(centred)
    const rest = overGroups(centredMeans)
    const variance = sub(overGroups(means(square(centred))), square(rest))
    const inverse = rsqrt(add(variance, epsilon))
    const factor = mul(inverse, scale)
    save([centred, centredMeans, rest, inverse, scale])
    return {
      value: reshape(add(mul(centred, lift(factor)), lift(sub(shift, mul(rest, factor)))), x.shape),
      gradFunc: (dy, saved) => tidy(() => gradient(differentiableOnce(dy as Tensor4D), saved)),
    }

    /*
     * With u = centred − rest, r = 1/√(σ² + ε), γ = scale, ⟨·⟩ the mean over a group's pixels and channels:
     * dx = r γ dy − r ⟨γ dy⟩ − u r³ ⟨γ dy u⟩.
     */
    function gradient(dy: Tensor4D, saved: Tensor[]): Tensor[] {
      const [u0, u0Means, uRest, r, gamma] = saved
      const rows = rowsOf(dy)
      const dyMeans = means(dy)
      const dyuMeans = sub(means(mul(rows, u0)), mul(uRest, dyMeans))
      const forDy = mul(r, gamma)
      const forU = mul(mul(square(r), r), overGroups(mul(gamma, dyuMeans)))
      const constant = sub(mul(uRest, forU), mul(r, overGroups(mul(gamma, dyMeans))))
      const dx = add(sub(mul(rows, lift(forDy)), mul(u0, lift(forU))), lift(constant))
      const pixels = height * width
      const parameters = [mul(sum(mul(dyuMeans, r), 0), pixels), mul(sum(dyMeans, 0), pixels)]
      const forOffset = () => mul(add(sub(mul(forDy, dyMeans), mul(u0Means, forU)), constant), pixels)
      return [reshape(dx, dy.shape), ...parameters, ...(offset ? [forOffset()] : [])]
    }
  })

/** The matrix that takes numbers per channel to the means of their groups, laid under every channel of the group. */
const groupAveraging = (channels: number, groups: number): Tensor2D => {
  const size = channels / groups
  const entries = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.floor(i / channels / size) === Math.floor((i % channels) / size) ? 1 / size : 0)
  return tensor(entries, [channels, channels])
}
