import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DamagedFileError } from '../damaged-file-error'
import { datasetOf } from '../dataset'
import { DatasetUnavailableError } from './dataset-unavailable-error'
import { loadDataset } from './load-dataset'
import { smallSets } from './small-sets'

vi.mock('../published-datasets', async () => ({ publishedDatasets: (await import('./small-sets')).smallSets }))

const { mnist, 'fashion-mnist': fashion } = smallSets
const [trainImages, trainLabels, testImages, testLabels] = Object.values(mnist.files).map(({ name }) => name)
const unpacked = (set = mnist): Record<string, Uint8Array> =>
  ({ [trainImages]: set.contents.trainImages, [trainLabels]: set.contents.trainLabels, [testImages]: set.contents.testImages, [testLabels]: set.contents.testLabels })

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sbgm-datasets-')) })
afterEach(() => rm(folder, { recursive: true }))

async function put(files: Readonly<Record<string, Uint8Array>>, inside = ''): Promise<void> {
  await mkdir(join(folder, inside), { recursive: true })
  await Promise.all(Object.entries(files).map(([name, bytes]) => writeFile(join(folder, inside, name), bytes)))
}

const noFetch = (): never => { throw new Error('nothing may be downloaded') }
const load = (name: 'mnist' | 'fashion-mnist' = 'mnist', dataDir = folder) => loadDataset({ name, dataDir, fetch: noFetch, cacheDir: join(folder, 'no-cache') })

const refusal = (): Promise<Error> => load().then(() => { throw new Error('nothing was refused') }, (error: Error) => error)

describe('a set from a data folder', () => {
  it('is the images and labels of its files, as packed files in DIR/mnist', async () => {
    await put(mnist.packedFiles, 'mnist')
    const set = await load()
    expect(set.train).toMatchObject({ name: 'mnist', count: 300, height: 28, width: 28, channels: 1, classNames: mnist.classNames })
    expect(Buffer.from(set.train.images).equals(mnist.contents.trainImages.subarray(16))).toBe(true)
    expect(Buffer.from(set.test.images).equals(mnist.contents.testImages.subarray(16))).toBe(true)
    expect([...set.train.labels, ...set.test.labels]).toEqual([...mnist.contents.trainLabels.subarray(8), ...mnist.contents.testLabels.subarray(8)])
    expect(Object.getPrototypeOf(set.train.images)).toBe(Uint8Array.prototype)
    expect(set.checksum).toBe(datasetOf(set).checksum)
  })

  it('is found in DIR itself, packed or not, and under a packed name though unpacked', async () => {
    const files = unpacked()
    await put({
      [trainImages]: files[trainImages], [`${trainLabels}.gz`]: mnist.packedFiles[`${trainLabels}.gz`],
      [`${testImages}.gz`]: files[testImages], [testLabels]: files[testLabels],
    })
    expect((await load()).checksum).toBe(datasetOf(await load()).checksum)
  })

  it('is found in DIR/mnist before DIR itself, where another set lies', async () => {
    await put(fashion.packedFiles)
    await put(mnist.packedFiles, 'mnist')
    expect((await load()).name).toBe('mnist')
    expect((await load('fashion-mnist')).name).toBe('fashion-mnist')
  })

  it('may be packed anew: what it unpacks to counts', async () => {
    await put({ ...mnist.packedFiles, [`${trainImages}.gz`]: gzipSync(mnist.contents.trainImages, { level: 1 }) })
    expect((await load()).train.count).toBe(300)
  })

  it('leaves nothing behind when it was aborted before', async () => {
    await put(mnist.packedFiles)
    const reason = new Error('enough')
    await expect(loadDataset({ name: 'mnist', dataDir: folder, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('a data folder that does not hold the set is an error that says so, names the four files and where to put them:', () => {
  it.each([
    ['a file', async () => { await put({ file: new Uint8Array(1) }); folder = join(folder, 'file') }, 'data-dir-is-file', 'is a file, not a folder'],
    ['missing', async () => { folder = join(folder, 'none') }, 'data-dir-missing', 'does not exist'],
    ['that cannot be read', async () => { folder = join(folder, 'x'.repeat(300)) }, 'data-dir-not-readable', 'cannot be read (ENAMETOOLONG'],
    ['empty', async () => undefined, 'data-dir-empty', 'is empty'],
    ['with other files only', () => put({ 'notes.txt': new Uint8Array(1) }), 'data-dir-incomplete', 'lacks 4 of the 4 files of mnist'],
    ['with three of the four files', () => put(Object.fromEntries(Object.entries(mnist.packedFiles).slice(1))), 'data-dir-incomplete',
      'lacks 1 of the 4 files of mnist (train-images-idx3-ubyte)'],
    ['with the other set in a folder of its name', () => put(fashion.packedFiles, 'fashion-mnist'), 'data-dir-holds-other-set', 'holds fashion-mnist, not mnist'],
    ['with the other set in itself', () => put(fashion.packedFiles), 'data-dir-holds-other-set', 'holds fashion-mnist, not mnist'],
    ['with the other set, unpacked, in a folder of the wrong name', () => put(unpacked(fashion), 'mnist'), 'data-dir-holds-other-set', 'holds fashion-mnist, not mnist'],
  ])('%s', async (_, prepare, reason, message) => {
    const made = folder
    await prepare()
    const error = await refusal()
    const named = folder
    folder = made
    expect(DatasetUnavailableError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ name: 'DatasetUnavailableError', dataset: 'mnist', reason })
    expect(error.message).toContain(`The data folder ${named} ${message}`)
    expect(error.message).toContain('train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz')
    expect(error.message).toMatch(/dataDir \(--data-dir or SBGM_DATA_DIR/)
  })
})

describe('a file of other contents than published is an error that names it:', () => {
  const packed = mnist.packedFiles[`${trainImages}.gz`]
  const plain = mnist.contents.trainImages
  const flipped = (bytes: Uint8Array, at: number) => bytes.map((byte, index) => (index === at ? byte ^ 1 : byte))
  it.each([
    ['packed and cut short', { [`${trainImages}.gz`]: packed.subarray(0, 100_000) }, 'is cut short after 100000 bytes and cannot be unpacked'],
    ['packed and damaged', { [`${trainImages}.gz`]: flipped(packed, 100_000) }, /is damaged and cannot be unpacked|is not the published file/],
    ['packed, of more than it should hold', { [`${trainImages}.gz`]: gzipSync(Buffer.concat([plain, new Uint8Array(1)])) }, 'unpacks to more than the 235216 bytes'],
    ['unpacked and cut short', { [trainImages]: plain.subarray(0, 100_000) }, 'is cut short: it announces 300 × 28 × 28 = 235200 bytes'],
    ['unpacked with a byte more', { [trainImages]: Buffer.concat([plain, new Uint8Array(1)]) }, 'has trailing bytes'],
    ['empty', { [trainImages]: new Uint8Array(0) }, 'is cut short: 0 bytes'],
    ['unpacked with one pixel changed', { [trainImages]: flipped(plain, 5000) }, 'is not the published file of mnist: its contents have SHA-256'],
    ['labels where images are expected', { [trainImages]: mnist.contents.trainLabels }, 'holds labels where images are expected'],
    ['test images where training images are expected', { [trainImages]: mnist.contents.testImages }, `holds ${testImages} of mnist, not ${trainImages} of mnist. Two files seem to be swapped`],
    ['no IDX file', { [trainImages]: new TextEncoder().encode('<html>Not found</html>') }, 'is no IDX file of images'],
  ])('%s', async (_, files, message) => {
    await put({ ...unpacked(), ...files })
    const error = await refusal()
    expect(DamagedFileError.isInstance(error)).toBe(true)
    expect((error as DamagedFileError).file).toBe(join(folder, Object.keys(files)[0]))
    expect(error.message).toMatch(message)
  })

  it('images where labels are expected', async () => {
    await put({ ...unpacked(), [trainLabels]: plain })
    expect((await refusal()).message).toContain('holds images where labels are expected')
  })
})

it.each([
  [{ name: 'emnist' as 'mnist' }, "name must be 'mnist' or 'fashion-mnist'; got 'emnist'."],
  [{ name: 'toString' as 'mnist' }, 'name must be'],
  [{ name: 'mnist' as const, dataDir: '' }, "dataDir must be the path of a folder, or left out; got ''."],
  [{ name: 'mnist' as const, cacheDir: '' }, 'cacheDir must be'],
])('refuses %o', async (options, message) => {
  const error = await loadDataset({ ...options, fetch: noFetch }).catch((reason: Error) => reason)
  expect(InvalidArgumentError.isInstance(error)).toBe(true)
  expect((error as Error).message).toContain(message)
})
