import { InvalidArgumentError } from '@sbgm/sde-core'
import { writeIdx } from './idx'
import type { LabelledImages } from './labelled-images'
import { sha256 } from './sha256'

/** A set in its two usual parts. */
export interface Dataset {
  /** `'mnist'`, `'fashion-mnist'`, `'digits'`, or a name of your own. */
  readonly name: string
  /** What is trained on. */
  readonly train: LabelledImages
  /** What is never trained on. */
  readonly test: LabelledImages
  /**
   * What the contents are, for manifests and caches: the SHA-256, in hexadecimal, of the text `a\nb\nc\nd\n`, where a to d are the
   * SHA-256 of the unpacked IDX files of training images, training labels, test images and test labels. For MNIST,
   * `sha256sum` over the four files says the same as the published sums. Computed when first asked for.
   */
  readonly checksum: string
}

/**
 * A data set from two sets of one kind.
 *
 * @param parts - `train` and `test`, of equal name, size and classes; borrowed, and not to be changed any more
 * @returns the set, named as its parts
 * @throws InvalidArgumentError if name, size or classes differ.
 */
export function datasetOf({ train, test }: Pick<Dataset, 'train' | 'test'>): Dataset {
  const kind = ({ name, height, width, channels, classNames }: LabelledImages): string =>
    `${name}, ${height} × ${width} × ${channels}, ${classNames.join(' | ')}`
  if (kind(test) !== kind(train)) throw new InvalidArgumentError('test', kind(test), `of the same name, size and classes as train (${kind(train)})`)
  let checksum: string | undefined
  return {
    name: train.name,
    train,
    test,
    get checksum() {
      return (checksum ??= checksumOfFiles([train, test].flatMap(idxFiles).map(sha256)))
    },
  }
}

/** The checksum of a set from the SHA-256 of its four unpacked IDX files. */
export const checksumOfFiles = (sums: readonly string[]): string => sha256(new TextEncoder().encode(sums.map((sum) => `${sum}\n`).join('')))

/** The IDX files of images and labels; of images with one channel that axis is not written. */
function idxFiles({ images, labels, count, height, width, channels }: LabelledImages): readonly Uint8Array[] {
  return [writeIdx(images, [count, height, width, ...(channels === 1 ? [] : [channels])]), writeIdx(labels, [count])]
}
