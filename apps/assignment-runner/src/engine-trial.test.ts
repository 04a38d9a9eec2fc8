import { openBackend, type Backend } from '@sbgm/backends'
import { memory } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eagerCompute } from './compute/eager-compute'
import { onnxCompute } from './compute/onnx-compute'
import { agree, tryEngine } from './engine-trial'

let backend: Backend
beforeAll(async () => void (backend = await openBackend({ engine: 'wasm' })))
afterAll(() => backend.close())

const small = { network: { baseWidth: 8, multipliers: [1, 1], blocksPerLevel: 1 }, training: { batch: 4 } }

describe('a trial', () => {
  it('makes three training steps, which two engines agree in and which lower the loss, and leaves no tensor behind', async () => {
    const before = memory().numTensors
    const [eager, onnx] = [await tryEngine(eagerCompute, small), await tryEngine(onnxCompute({ threads: 1 }), small)]
    expect(memory().numTensors).toBe(before)
    expect([eager.numbers.length, eager.seconds > 0, agree(eager, onnx), agree(onnx, eager)]).toEqual([6, true, true, true])
    expect(eager.numbers[4]).toBeLessThan(eager.numbers[0])
    eager.numbers.forEach((value, i) => expect(Math.abs(onnx.numbers[i] / value - 1)).toBeLessThan(1e-3))
  })

  it('tells engines apart whose numbers differ by more than a hundredth, or are none', () => {
    const trial = (last: number) => ({ seconds: 1, numbers: [1, 2, last] })
    expect([agree(trial(3), trial(3.02)), agree(trial(3), trial(3.04)), agree(trial(NaN), trial(3)), agree(trial(3), trial(NaN))]).toEqual([true, false, false, false])
  })

  it('passes on what the engine throws', async () => {
    const broken = { ...eagerCompute, runner: () => { throw new Error('no memory left') } }
    await expect(tryEngine(broken, small)).rejects.toThrow('no memory left')
  })
})
