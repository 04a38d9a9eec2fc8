import { openBackend, type Backend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { accuracy } from '@sbgm/evaluation'
import { dispose } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it, type TestContext } from 'vitest'
import { eagerCompute } from '../compute/eager-compute'
import { bindJudge, imagesOfSet, judgeImages } from './judge'
import { judgesBars } from './judges-quality'
import { referenceRows } from './metrics-table'
import { openJudges } from './open-judges'
import { judgeSettings } from './settings'
import { memoryFiles, quietContext } from './stand-in-judges'
import { judgeNetwork, trainJudge } from './train-judge'

const settings = judgeSettings.quick
let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

/** A published set from SBGM_DATA_DIR; without that variable the test is skipped. */
function load(name: 'mnist' | 'fashion-mnist', context: TestContext) {
  const dataDir = process.env['SBGM_DATA_DIR']
  if (dataDir === undefined) return context.skip('SBGM_DATA_DIR is not set')
  return loadDataset({ name, dataDir })
}

describe('the judges of the quick profile', () => {
  it('know MNIST: ten classes to 99 %; 95 % called their own with confidence, at most 5 % of each held-out form called any', async (context) => {
    const data = await load('mnist', context)
    const begin = performance.now()
    const { files } = memoryFiles()
    const judges = await openJudges({ settings, data, engine: 'wasm', files, ...quietContext() })
    const seconds = (performance.now() - begin) / 1000
    const { judges: quality, real, noisy } = await referenceRows({ judges, data, settings, files, ...quietContext() })
    await judges.close()
    console.log(JSON.stringify({ seconds, ...quality }))
    console.log([real, ...noisy.map(({ row }) => row)].map((row) => JSON.stringify(row)).join('\n'))

    const bars = judgesBars(quality, 'mnist')
    expect(bars).toHaveLength(5)
    expect(bars.filter(({ pass }) => !pass)).toEqual([])
    // the mean over 39 sets of 256, whose standard error is 2, says nothing of noise of std 0.1: that differs by less
    const frechet = [real, ...noisy.filter(({ std }) => std >= 0.2).map(({ row }) => row)].map((row) => row.frechet)
    expect(frechet).toEqual([...frechet].sort((a, b) => a - b)) // more noise, further away
    const shares = [real, ...noisy.map(({ row }) => row)].map((row) => row.confidentShare)
    expect(shares).toEqual([...shares].sort((a, b) => b - a)) // and less sure
  })

  it('know the ten classes of Fashion-MNIST to 90 %', async (context) => {
    const { train, test } = await load('fashion-mnist', context)
    const params = await trainJudge('ten-class', settings, train, quietContext())
    const network = judgeNetwork('ten-class', settings, train)
    const bound = bindJudge(eagerCompute, network, params)
    const { predictions } = await judgeImages({ kind: 'ten-class', network, params, bound, sha256: '', size: train, classes: 10 }, imagesOfSet(test))
    dispose(params)
    const correct = accuracy(predictions, test.labels)
    console.log(`Fashion-MNIST: ${correct}`)
    expect(correct).toBeGreaterThanOrEqual(0.9)
  })
})
