import { openBackend, type Backend } from '@sbgm/backends'
import { digits } from '@sbgm/datasets'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { decodeSafetensors, parametersToHost } from '@sbgm/training'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eagerCompute } from '../compute/eager-compute'
import { openJudges, type JudgeFiles, type OpenJudgesOptions } from './open-judges'
import type { JudgeSettings } from './settings'
import { listeningProgress, memoryFiles, tinyDigits, tinySettings } from './stand-in-judges'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'wasm' })
})
afterAll(() => backend.close())

const data = tinyDigits()
const few = { steps: 6, warmup: 2 }
const settings: JudgeSettings = {
  ...tinySettings,
  training: {
    'ten-class': { ...tinySettings.training['ten-class'], ...few },
    'eleven-class': { ...tinySettings.training['eleven-class'], ...few },
  },
}
const trained = ['ten-class judge', 'eleven-class judge']
const taken = trained.map((name) => `${name}: taken from an earlier run`)

/** Opens both judges, frees them, and gives what was heard and their weights. */
async function open(files: JudgeFiles, change: Partial<OpenJudgesOptions> = {}) {
  const { progress, heard } = listeningProgress()
  const judges = await openJudges({ settings, data, engine: 'wasm', compute: eagerCompute, files, progress, signal: new AbortController().signal, ...change })
  const weights = await Promise.all([judges.tenClass, judges.elevenClass].map(({ params }) => parametersToHost(params)))
  const sums = [judges.tenClass.sha256, judges.elevenClass.sha256]
  await judges.close()
  return { heard, weights, sums }
}

describe('judges', () => {
  it('are trained once and taken from their files after that, with the same weights', async () => {
    const { files, stored } = memoryFiles()
    const first = await open(files)
    expect(first.heard).toEqual(trained)
    expect([...stored.keys()]).toEqual(['ten-class.safetensors', 'eleven-class.safetensors'])
    const second = await open(files)
    expect(second).toEqual({ ...first, heard: taken })
  })

  it('are files that say what they are: data by name and checksum, network, training', async () => {
    const { files, stored } = memoryFiles()
    await open(files)
    const { tensors, metadata } = decodeSafetensors(stored.get('eleven-class.safetensors') ?? new Uint8Array())
    expect(metadata).toMatchObject({ judge: 'eleven-class', dataset: 'digits', checksum: data.checksum })
    expect(JSON.parse(metadata['network'])).toMatchObject({ height: 28, width: 28, channels: 1, widths: settings.widths })
    expect(JSON.parse(metadata['training'])).toEqual({ seed: settings.seed, ...settings.training['eleven-class'] })
    expect(tensors['logits.kernel'].shape).toEqual([64, 11])
  })

  it('of other data, of another training or seed, or damaged, are trained anew and written over', async () => {
    const { files, stored } = memoryFiles()
    await open(files)
    const other = digits({ seed: 2, trainCount: 400, testCount: 200 })
    expect((await open(files, { data: other })).heard).toEqual(trained)
    expect((await open(files, { data: other, engine: 'onnx' })).heard).toEqual(trained)
    expect((await open(files)).heard).toEqual(trained)
    const { training } = settings
    const longer = { ...settings, training: { ...training, 'ten-class': { ...training['ten-class'], steps: 7 } } }
    expect((await open(files, { settings: longer })).heard).toEqual([trained[0], taken[1]])
    expect((await open(files, { settings: { ...settings, seed: 9 } })).heard).toEqual(trained)
    stored.set('ten-class.safetensors', (stored.get('ten-class.safetensors') ?? new Uint8Array()).slice(0, 1000))
    expect((await open(files, { settings: { ...settings, seed: 9 } })).heard).toEqual([trained[0], taken[1]])
    expect((await open(files, { settings: { ...settings, seed: 9 } })).heard).toEqual(taken)
  })

  it('leave nothing behind once they are disposed, or where a file cannot be written', async () => {
    const { files } = memoryFiles()
    expect(await tensorLeak(() => open(files))).toEqual(noLeak)
    expect(await tensorLeak(() => open(files))).toEqual(noLeak)
    const full = new Error('no space is left on the device')
    const failing = (kind: string): JudgeFiles => ({
      read: () => undefined,
      write: (name) => {
        if (name.startsWith(kind)) throw full
      },
    })
    for (const kind of ['ten', 'eleven']) expect(await tensorLeak(() => expect(open(failing(kind))).rejects.toBe(full))).toEqual(noLeak)
  })
})
