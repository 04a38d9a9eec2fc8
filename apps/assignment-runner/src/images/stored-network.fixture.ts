import { fillNormal } from '@sbgm/sde-core'
import { encodeSafetensors, type HostArrays, type SafetensorsContent } from '@sbgm/training'
import { unet, type UNetOptions } from '@sbgm/unet'

/** A small network of images, 4 × 4, as its file records it. */
const smallNetwork = { height: 4, width: 4, channels: 1, predicts: 'noise', baseWidth: 8, multipliers: [1], blocksPerLevel: 1 } as const satisfies UNetOptions<'noise'>

/** For tests: the SDEs of parts 2 and 3 as a network's file records them. */
export const sdeRecords = {
  part2: { kind: 'discreteDdpm', steps: 1000, betaStart: 1e-4, betaEnd: 0.02 },
  part3: { kind: 'vpSde', betaMin: 0.1, betaMax: 20, tMin: 1e-5 },
} as const

/** For tests: its weights, none of which is left at its start of zero. */
export function someWeights(): HostArrays {
  return Object.fromEntries(unet(smallNetwork).layers.flatMap(({ parameters }) => parameters).map(({ name, shape }) => {
    const data = new Float32Array(shape.reduce((product, axis) => product * axis, 1))
    fillNormal(data, data.length, { seed: 1, stream: name, step: 0, firstSample: 0, draw: 0 })
    const scale = 1 / Math.sqrt(data.length / shape[shape.length - 1])
    return [name, { data: data.map((value) => value * scale), shape }]
  }))
}

/** For tests: the bytes of the file of a small network for images of 4 × 4 pixels. */
export function scoreNetworkFile({ sde = sdeRecords.part3 as Readonly<Record<string, unknown>>, metadata = {}, tensors = someWeights() }: {
  readonly sde?: Readonly<Record<string, unknown>>
  readonly metadata?: SafetensorsContent['metadata']
  readonly tensors?: HostArrays
} = {}): Uint8Array {
  return encodeSafetensors({ tensors, metadata: { network: JSON.stringify({ kind: 'unet', ...smallNetwork }), sde: JSON.stringify(sde), dataset: 'mnist', ...metadata } })
}
