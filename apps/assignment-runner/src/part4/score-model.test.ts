import { openBackend, type Backend } from '@sbgm/backends'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { encodeSafetensors, parametersToHost } from '@sbgm/training'
import { dispose } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RunError } from '../errors'
import { scoreNetwork } from '../images/score-network'
import { imageModelSettings } from '../images/settings'
import { scoreNetworkRecord } from '../images/train-score-model'
import { tinyDigits } from '../judges/stand-in-judges'
import { part3SdeRecord } from '../part3/score-model'
import { storedScore } from './score-model'

let backend: Backend
beforeAll(async () => {
  backend = await openBackend({ engine: 'cpu' })
})
afterAll(() => backend.close())

const data = tinyDigits()
const settings = imageModelSettings.smoke

/** Part 3's folder with a network whose file says this of itself. */
async function part3With(changes: Readonly<Record<string, string>>) {
  const params = scoreNetwork(settings, data.train).init(3)
  const bytes = encodeSafetensors({ tensors: await parametersToHost(params), metadata: { ...scoreNetworkRecord(settings, data, part3SdeRecord), ...changes } })
  dispose({ ...params })
  return { read: () => bytes }
}

describe("part 3's network from its file", () => {
  it('has the weights that were written, and leaves nothing else behind', async () => {
    const part3 = await part3With({})
    expect(await tensorLeak(async () => {
      const { params, network, from, sha256 } = storedScore(part3, settings, data)
      const written = network.init(3)
      expect(await parametersToHost(params)).toEqual(await parametersToHost(written))
      expect([from, sha256]).toEqual(['part 3', expect.stringMatching(/^[0-9a-f]{64}$/)])
      dispose([{ ...params }, { ...written }])
    })).toEqual(noLeak)
  })

  it.each([
    ['dataset', 'fashion-mnist', /must have dataset digits; it has fashion-mnist/],
    ['checksum', 'other', /must have checksum \w+; it has other/],
    ['network', '{"kind":"unet","baseWidth":99}', /must have network \{.*"baseWidth":8.*\}; it has \{.*99\}/],
    ['sde', '{"kind":"discreteDdpm"}', /must have sde \{"kind":"vpSde".*\}; it has \{"kind":"discreteDdpm"\}/],
  ])('of another %s is refused with both', async (name, value, message) => {
    const part3 = await part3With({ [name]: value })
    expect(() => storedScore(part3, settings, data)).toThrow(RunError)
    expect(() => storedScore(part3, settings, data)).toThrow(message)
  })

  it('of another data set is told by that, though the checksum differs too', async () => {
    const part3 = await part3With({ dataset: 'mnist', checksum: 'other' })
    expect(() => storedScore(part3, settings, data)).toThrow('must have dataset digits; it has mnist.')
  })
})
