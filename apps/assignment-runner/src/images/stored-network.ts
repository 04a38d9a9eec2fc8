import type { Params } from '@sbgm/sde-core'
import { decodeSafetensors, parametersFromHost, type HostArrays } from '@sbgm/training'
import { unet, type UNet, type UNetOptions } from '@sbgm/unet'
import { dispose } from '@tensorflow/tfjs-core'
import { sha256Of } from '../file-record'

/** A score network as a part of a run left it. */
export interface StoredNetwork {
  /** The network, without weights. */
  readonly network: UNet<'noise'>
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
export function decodeScoreNetwork(bytes: Uint8Array): StoredNetwork {
  const { tensors, metadata } = decodeSafetensors(bytes)
  const { kind, ...options } = JSON.parse(metadata['network'] ?? '{}') as Partial<UNetOptions<'noise'>> & { readonly kind?: string }
  if (kind !== 'unet' || options.predicts !== 'noise') throw new Error('its metadata must name a unet that predicts the noise')
  const network = unet(options as UNetOptions<'noise'>) // checks what is in it
  const [odd] = network.layers.flatMap(({ parameters }) => parameters).filter(({ name, shape }) => tensors[name]?.shape.join() !== shape.join())
  if (odd !== undefined) throw new Error(`it must hold ${odd.name} of shape (${odd.shape.join(', ')})`)
  const { height, width, channels = 1 } = options as UNetOptions<'noise'>
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
