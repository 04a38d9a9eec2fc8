import type { Params } from '@sbgm/sde-core'
import { decodeSafetensors, parametersFromHost, type HostArrays } from '@sbgm/training'
import { noisyClassifier, unet, type BodyOptions, type Layer, type NoisyClassifier, type NoisyClassifierOptions, type UNet, type UNetOptions } from '@sbgm/unet'
import { dispose } from '@tensorflow/tfjs-core'
import { sha256Of } from '../file-record'

/** A network as a part of a run left it: that of a score, unless it is said. */
export interface StoredNetwork<Network = UNet<'noise'>> {
  /** The network, without weights. */
  readonly network: Network
  /** Height, width and channels of its images. */
  readonly size: readonly [number, number, number]
  /** The averaged weights by name. */
  readonly weights: HostArrays
  /** What the file says of itself: `network`, `sde`, `dataset`, `training` … */
  readonly metadata: Readonly<Record<string, string>>
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string
}

/**
 * Reads the bytes of a `score-model.safetensors`.
 *
 * @throws {Error} that says what is wrong with them, in words that go on a sentence.
 */
export const decodeScoreNetwork = (bytes: Uint8Array): StoredNetwork => decoded<UNetOptions<'noise'>, UNet<'noise'>>(bytes, ({ kind, ...options }) => {
  if (kind !== 'unet' || options.predicts !== 'noise') throw new Error('its metadata must name a unet that predicts the noise')
  return unet(options as UNetOptions<'noise'>)
})

/**
 * Reads the bytes of a `classifier.safetensors`.
 *
 * @throws as {@link decodeScoreNetwork}
 */
export const decodeClassifier = (bytes: Uint8Array): StoredNetwork<NoisyClassifier> => decoded<NoisyClassifierOptions, NoisyClassifier>(bytes, ({ kind, ...options }) => {
  if (kind !== 'noisyClassifier') throw new Error('its metadata must name a noisyClassifier')
  return noisyClassifier(options as NoisyClassifierOptions)
})

/** Reads a network's file; `make` checks what kind it is of, and its options. */
function decoded<Options extends BodyOptions, Network extends { readonly layers: readonly Layer[] }>(
  bytes: Uint8Array,
  make: (described: Partial<Options> & { readonly kind?: string }) => Network,
): StoredNetwork<Network> {
  const { tensors, metadata } = decodeSafetensors(bytes)
  const described = JSON.parse(metadata['network'] ?? '{}') as Options & { readonly kind?: string }
  const network = make(described)
  const [odd] = network.layers.flatMap(({ parameters }) => parameters).filter(({ name, shape }) => tensors[name]?.shape.join() !== shape.join())
  if (odd !== undefined) throw new Error(`it must hold ${odd.name} of shape (${odd.shape.join(', ')})`)
  const { height, width, channels = 1 } = described
  return { network, size: [height, width, channels], weights: tensors, metadata, sha256: sha256Of(bytes) }
}

/** Weights as tensors of the active backend, which the caller owns. */
export function weightTensors(weights: HostArrays, network: UNet<'noise'>): Params {
  const like = network.init(0)
  try {
    return parametersFromHost(weights, like)
  } finally {
    dispose({ ...like })
  }
}
