import '@tensorflow/tfjs-backend-cpu'
import { setBackend, tensor1d } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { ownedStates } from './owned-states'
import { tensorSpace } from './tensor-space'
import { noLeak, tensorLeak } from './testing'

beforeAll(() => setBackend('cpu'))

describe('owned states', () => {
  it('are handed back as they came, and freed together, each once', async () => {
    const leak = await tensorLeak(() => {
      const { own, release } = ownedStates(tensorSpace)
      const [first, kept] = [tensor1d([1]), tensor1d([2])]
      expect(own(first)).toBe(first)
      own(tensor1d([3]))
      release()
      release()
      expect([first.isDisposed, kept.isDisposed]).toEqual([true, false])
      kept.dispose()
      return Promise.resolve()
    })
    expect(leak).toEqual(noLeak)
  })
})
