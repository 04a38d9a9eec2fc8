import '@tensorflow/tfjs-backend-cpu'
import { dispose, setBackend, tensor1d } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { clipByNorm, gradientNorm } from './gradient-clipping'

beforeAll(() => setBackend('cpu'))

const clipped = async (gradient: number[], limit: number) => {
  const g = tensor1d(gradient)
  return [...(await clipByNorm(g, gradientNorm(g), limit).data())]
}

describe('clipping', () => {
  it('measures ‖g‖₂ (1e-6)', async () => {
    expect((await gradientNorm(tensor1d([3, -4])).data())[0]).toBeCloseTo(5, 6)
  })

  it('scales a gradient above the limit down to it, direction kept (1e-6)', async () => {
    const result = await clipped([3, -4], 1)
    expect(Math.abs(result[0] - 0.6)).toBeLessThan(1e-6)
    expect(Math.abs(result[1] + 0.8)).toBeLessThan(1e-6)
  })

  it('leaves a gradient at or below the limit as it is, bit for bit', async () => {
    expect(await clipped([3, -4], 5)).toEqual([3, -4])
    expect(await clipped([3, -4], 1e30)).toEqual([3, -4])
  })

  it('leaves a zero gradient zero', async () => {
    expect(await clipped([0, 0, 0], 1)).toEqual([0, 0, 0])
  })

  it('leaves nothing behind but what it returns', async () => {
    const g = tensor1d([1, 2])
    const leak = await tensorLeak(() => {
      const norm = gradientNorm(g)
      dispose([norm, clipByNorm(g, norm, 1)])
    })
    expect(leak).toEqual(noLeak)
  })

  it.each([0, -1, NaN])('refuses the limit %d', (limit) => {
    const g = tensor1d([1])
    expect(() => clipByNorm(g, gradientNorm(g), limit)).toThrow(InvalidArgumentError)
  })
})
