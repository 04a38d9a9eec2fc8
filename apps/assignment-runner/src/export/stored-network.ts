import { decodeSafetensors, type HostArrays } from '@sbgm/training'
import { unet, type UNet, type UNetOptions } from '@sbgm/unet'
import fs from 'node:fs'
import { join } from 'node:path'
import { readEarlierRun } from '../earlier-run'
import { oneLine, RunError } from '../errors'
import { recordOf } from '../file-record'
import { scoreModelFile } from '../images/train-score-model'
import type { ModelPart } from './export-options'

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

/** Where a part's network lies, relative to OUT. */
export const networkPath = (part: ModelPart): string => `part${part}/${scoreModelFile}`

/** Whether a part of a run in OUT has left a network. */
export const hasNetwork = (out: string, part: ModelPart): boolean => fs.existsSync(join(out, networkPath(part)))

/**
 * The score network of a part of a run.
 *
 * @throws {RunError} where there is none, saying how to make it, and where its file is not what the run wrote, damaged, or of
 * another kind of network.
 */
export function readStoredNetwork(out: string, part: ModelPart): StoredNetwork {
  const path = networkPath(part)
  if (!hasNetwork(out, part)) {
    throw new RunError(`part ${part} must have trained its network before it is exported; there is no ${path} in '${out}'. ` +
      `Run sbgm-assignment --parts ${part} --out ${out} (with --resume where it was interrupted).`)
  }
  const refuse = (why: string, cause?: unknown) =>
    new RunError(`${path} in '${out}' must be a network as a run wrote it; ${why}. Run sbgm-assignment --parts ${part} --out ${out} again.`, { cause })
  const bytes = fs.readFileSync(join(out, path))
  const { sha256 } = recordOf(path, bytes)
  const recorded = readEarlierRun(out)?.parts.flatMap(({ files }) => files).find((file) => file.path === path)
  if (recorded !== undefined && recorded.sha256 !== sha256) throw refuse('it is not what the manifest records')
  try {
    const { tensors, metadata } = decodeSafetensors(bytes)
    const { kind, ...options } = JSON.parse(metadata['network'] ?? '{}') as Partial<UNetOptions<'noise'>> & { readonly kind?: string }
    if (kind !== 'unet' || options.predicts !== 'noise') throw new Error('its metadata must name a unet that predicts the noise')
    const network = unet(options as UNetOptions<'noise'>) // checks what is in it
    const [odd] = network.layers.flatMap(({ parameters }) => parameters).filter(({ name, shape }) => tensors[name]?.shape.join() !== shape.join())
    if (odd !== undefined) throw new Error(`it must hold ${odd.name} of shape (${odd.shape.join(', ')})`)
    const { height, width, channels = 1 } = options as UNetOptions<'noise'>
    return { network, size: [height, width, channels], weights: tensors, metadata, sha256 }
  } catch (error) {
    throw refuse(oneLine(error).replace(/\.$/, ''), error)
  }
}
