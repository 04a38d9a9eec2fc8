import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { fillUniform } from '@sbgm/sde-core'
import { writeIdx } from '../idx'
import type { FileRole, PublishedDataset, PublishedFile, PublishedName } from '../published-datasets'

/** For tests: sets of a few random images under the names of the published ones, with all their files. */
export interface SmallSet extends PublishedDataset {
  /** The packed files by their names, `.gz` included. */
  readonly packedFiles: Readonly<Record<string, Buffer>>
  /** The unpacked files by role. */
  readonly contents: Readonly<Record<FileRole, Uint8Array>>
}

const SIZE = 28
const fileNames: Readonly<Record<FileRole, string>> = {
  trainImages: 'train-images-idx3-ubyte', trainLabels: 'train-labels-idx1-ubyte', testImages: 't10k-images-idx3-ubyte', testLabels: 't10k-labels-idx1-ubyte',
}
const roles = Object.keys(fileNames) as FileRole[]
const sum = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex')

/** The small sets by name: 300 training images, which hardly pack, and 10 test images. */
export const smallSets: Readonly<Record<PublishedName, SmallSet>> = { mnist: smallSet('mnist'), 'fashion-mnist': smallSet('fashion-mnist') }

function smallSet(name: PublishedName): SmallSet {
  const contents = Object.fromEntries(roles.map((role) => [role, contentsOf(name, role)])) as Record<FileRole, Uint8Array>
  const packedFiles = Object.fromEntries(roles.map((role) => [`${fileNames[role]}.gz`, gzipSync(contents[role])]))
  const describe = (role: FileRole): PublishedFile => {
    const packed = packedFiles[`${fileNames[role]}.gz`]
    return {
      name: fileNames[role],
      packed: { bytes: packed.length, md5: sum('md5', packed), sha256: sum('sha256', packed) },
      unpacked: { bytes: contents[role].length, sha256: sum('sha256', contents[role]) },
    }
  }
  const files = Object.fromEntries(roles.map((role) => [role, describe(role)])) as Record<FileRole, PublishedFile>
  return { name, classNames: [...'0123456789'], files, mirrors: [], packedFiles, contents }
}

function contentsOf(name: PublishedName, role: FileRole): Uint8Array {
  const count = role.startsWith('train') ? 300 : 10
  const shape = role.endsWith('Images') ? [count, SIZE, SIZE] : [count]
  const uniforms = new Float64Array(shape.reduce((product, axis) => product * axis, 1))
  fillUniform(uniforms, 1, { seed: 1, stream: `${name}/${role}`, step: 0, firstSample: 0, draw: 0 })
  return writeIdx(Uint8Array.from(uniforms, (value) => value * (shape.length === 1 ? 10 : 256)), shape)
}
