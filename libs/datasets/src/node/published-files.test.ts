import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { publishedDatasets, type PublishedName } from '../published-datasets'
import { loadDataset } from './load-dataset'

const dataDir = process.env.SBGM_DATA_DIR
const sum = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex')
const histogram = (labels: Uint8Array): readonly number[] => labels.reduce((counts, label) => counts.with(label, counts[label] + 1), Array<number>(10).fill(0))

beforeEach((context) => { if (dataDir === undefined) context.skip('SBGM_DATA_DIR is not set') })

it.each(Object.values(publishedDatasets))('the files of $name have the sizes and checksums that are written down', async ({ name, files }) => {
  for (const { name: file, packed } of Object.values(files)) {
    const bytes = await readFile(join(dataDir ?? '', name, `${file}.gz`))
    expect({ bytes: bytes.length, md5: sum('md5', bytes), sha256: sum('sha256', bytes) }).toEqual(packed)
  }
})

it.each([
  ['mnist', [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949], '7 2 1 0 4 1 4 9', 33.3184],
  ['fashion-mnist', Array<number>(10).fill(6000), '9 2 1 1 6 1 4 6', 72.9404],
] as const satisfies (readonly [PublishedName, readonly number[], string, number])[])(
  '%s: 60,000 and 10,000 images in the published order, of the known class counts and mean', async (name, counts, firstTest, mean) => {
    const { train, test } = await loadDataset({ name, dataDir })
    expect([train.count, train.height, train.width, train.channels, test.count]).toEqual([60_000, 28, 28, 1, 10_000])
    expect(histogram(train.labels)).toEqual(counts)
    expect(test.labels.subarray(0, 8).join(' ')).toBe(firstTest)
    expect(train.images.reduce((total, value) => total + value, 0) / train.images.length).toBeCloseTo(mean, 3)
  })
