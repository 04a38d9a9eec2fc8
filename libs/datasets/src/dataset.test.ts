import { createHash } from 'node:crypto'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { expect, it } from 'vitest'
import { datasetOf } from './dataset'
import { labelledImages } from './labelled-images'

const part = (first: number, channels = 1) => labelledImages({
  name: 'own', images: Uint8Array.from({ length: 8 * channels }, (_, i) => first + i), labels: Uint8Array.of(0, 1), height: 2, width: 2, channels,
  classNames: ['a', 'b'],
})
const sha = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')
const idx = (shape: readonly number[], data: Uint8Array): Uint8Array =>
  Uint8Array.from([0, 0, 8, shape.length, ...shape.flatMap((axis) => [0, 0, 0, axis]), ...data])

it.each([[1, [2, 2, 2]], [3, [2, 2, 2, 3]]])('its checksum is that of the sums of its four IDX files, one a line (%i channels)', (channels, shape) => {
  const [train, test] = [part(0, channels), part(100, channels)]
  const sums = [train, test].flatMap(({ images, labels }) => [sha(idx(shape, images)), sha(idx([2], labels))])
  expect(datasetOf({ train, test }).checksum).toBe(sha(sums.map((sum) => `${sum}\n`).join('')))
})

it('its checksum changes with any of its contents', () => {
  const labels = Uint8Array.of(1, 1)
  const sets = [
    { train: part(0), test: part(100) }, { train: part(1), test: part(100) }, { train: part(0), test: part(101) },
    { train: { ...part(0), labels }, test: part(100) }, { train: part(0), test: { ...part(100), labels } }, { train: part(100), test: part(0) },
  ]
  expect(new Set(sets.map((set) => datasetOf(set).checksum)).size).toBe(sets.length)
})

it('refuses parts of different kinds', () => {
  expect(() => datasetOf({ train: part(0), test: part(0, 3) })).toThrow(InvalidArgumentError)
  expect(() => datasetOf({ train: part(0), test: { ...part(0), name: 'another' } })).toThrow('test must be of the same name, size and classes as train')
})
