/*
 * What it takes until data is there: MNIST from its packed and from its unpacked files (reading, unpacking, verifying, parsing),
 * 12,000 drawn digits and their checksum, and the batches of an epoch. The best of the rounds is reported.
 *
 *   npm run build && SBGM_DATA_DIR=<folder> node benchmarks/datasets/load.mjs [rounds]
 *
 * The bars: MNIST from packed files at most 1 s, 12,000 digits at most 3 s; missing one makes exit code 1.
 * Without SBGM_DATA_DIR the lines about MNIST are left out.
 */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { datasetOf, digits, imagesOf, publishedDatasets, shuffledBatches } from '@sbgm/datasets'
import { loadDataset } from '@sbgm/datasets/node'

const PACKED_BAR = 1000
const DIGITS_BAR = 3000
const rounds = Number(process.argv[2] ?? 5)
const dataDir = process.env.SBGM_DATA_DIR
const scratch = await mkdtemp(join(tmpdir(), 'sbgm-benchmark-'))
let missed = false

try {
  console.log(`node ${process.version}, best of ${rounds} rounds\n`)
  if (dataDir === undefined) console.log('SBGM_DATA_DIR is not set, so nothing is said of MNIST\n')
  else await measureMnist(publishedDatasets.mnist)
  await measure('digits, 12,000 drawn', () => digits({ seed: 1 }), DIGITS_BAR)
  const { train, test } = digits({ seed: 1 })
  await measure('digits, their checksum', () => datasetOf({ train, test }).checksum)
  const batches = shuffledBatches({ count: train.count, batchSize: 64, seed: 1 })
  let step = 0
  await measure('an epoch of batches of 64, 10,000 images', () => {
    for (let batch = 0; batch < batches.batchesPerEpoch; batch++) imagesOf(train, batches.indicesAt(++step))
  })
  console.log(`\n${missed ? 'Missed' : 'Held'}: MNIST from packed files at most ${PACKED_BAR} ms, 12,000 digits at most ${DIGITS_BAR} ms.`)
} finally {
  await rm(scratch, { recursive: true })
}
process.exitCode = missed ? 1 : 0

async function measureMnist({ files }) {
  const unpackedDir = join(scratch, 'unpacked')
  await mkdir(unpackedDir)
  for (const { name } of Object.values(files)) {
    await writeFile(join(unpackedDir, name), gunzipSync(await readFile(join(dataDir, 'mnist', `${name}.gz`))))
  }
  await measure('mnist from packed files', () => loadDataset({ name: 'mnist', dataDir }), PACKED_BAR)
  await measure('mnist from unpacked files', () => loadDataset({ name: 'mnist', dataDir: unpackedDir }))
}

async function measure(name, work, bar = Infinity) {
  let best = Infinity
  for (let round = 0; round < rounds; round++) {
    const start = performance.now()
    await work()
    best = Math.min(best, performance.now() - start)
  }
  if (best > bar) missed = true
  console.log(`  ${name.padEnd(44)}${best.toFixed(best < 10 ? 2 : 0).padStart(8)} ms`)
}
