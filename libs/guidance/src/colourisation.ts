import { ShapeError, type Constraint, type HostState, type Sde, type TwofoldBinaryOperation, type VectorSpace } from '@sbgm/sde-core'
import { add, mean, sub, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { knownAtNoiseLevel } from './known-at-noise-level'

/** Settings of {@link colourisation}. */
export interface ColourisationOptions<X = Tensor> {
  /** The SDE whose noise the states carry. */
  readonly sde: Sde
  /** Where the states live. */
  readonly space: VectorSpace<X>
  /**
   * Images whose grey is known, the mean of their channels, shape (batch, …, channels), or (1, …, channels) for the same in every sample:
   * grey images in equal channels, or coloured ones, whose colours do not matter. Borrowed, must live as long as the constraint.
   */
  readonly known: X
}

/**
 * Colourisation: imputation in an orthonormal basis of the channels whose first vector is (1, 1, 1)/√3. After every update the coefficient of
 * that vector, √3 times the grey, becomes that of α y + σ z at the time just reached, z drawn anew each time; what is orthogonal to it, the
 * colour, stays. In pixels: x + mean over the channels of (α y + σ z − x).
 *
 * What is said of {@link imputation} about the last time and about the law of the free part holds here too.
 *
 * @returns a constraint for a run of any sampler; it throws ShapeError for a state of another shape than (batch, …) of `known`
 * @throws ShapeError for images with fewer than two channels.
 * @see Song et al. 2021, arXiv:2011.13456, appendix I.3.
 */
export function colourisation<X = Tensor>({ sde, space, known }: ColourisationOptions<X>): Constraint<X> {
  const shape = space.shape(known)
  if (!(shape.length >= 3 && shape[shape.length - 1] >= 2)) throw new ShapeError('the images whose grey is known', '(batch, …, channels), at least two channels', shape)
  const replaceMean = space.implementBinary(replacingMean)
  return (x, t, noise) => {
    const noisy = knownAtNoiseLevel({ sde, space, known, x, t, noise })
    try {
      return replaceMean(x, noisy)
    } finally {
      space.release(noisy)
    }
  }
}

/** x with the channel mean of y in the place of its own: P y + (1 − P) x with P the projection on (1, …, 1). */
const replacingMean: TwofoldBinaryOperation<[]> = {
  tensor: (x, y) => tidy(() => add(x, mean(sub(y, x), -1, true))),
  host: (x, y) => addToChannels(x, channelMeans(y.data.map((value, i) => value - x.data[i]), x.shape[x.shape.length - 1])),
}

function channelMeans(values: Float64Array, channels: number): Float64Array {
  const means = new Float64Array(values.length / channels)
  values.forEach((value, i) => (means[Math.floor(i / channels)] += value / channels))
  return means
}

const addToChannels = ({ data, shape }: HostState, shift: Float64Array): HostState => {
  const channels = shape[shape.length - 1]
  return { data: data.map((value, i) => value + shift[Math.floor(i / channels)]), shape }
}
