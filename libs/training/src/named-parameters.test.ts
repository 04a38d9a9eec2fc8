import '@tensorflow/tfjs-backend-cpu'
import { dispose, scalar, setBackend, tensor2d, type Tensor } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { parametersFromHost, parametersToHost } from './named-parameters'

beforeAll(() => setBackend('cpu'))

const made = (): Record<string, Tensor> => ({ kernel: tensor2d([[1, 2], [3, 4]]), gain: scalar(5) })

describe('parameters on the host', () => {
  it('come back as they were, in the order of the network and not of the file', async () => {
    const { kernel, gain } = await parametersToHost(made())
    expect(kernel).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] })
    const back = parametersFromHost({ gain, kernel }, made())
    expect(Object.keys(back)).toEqual(['kernel', 'gain'])
    expect(await parametersToHost(back)).toEqual({ kernel, gain })
  })

  it('are copies: changing them changes no tensor, either way', async () => {
    const params = made()
    const arrays = await parametersToHost(params)
    const back = parametersFromHost(arrays, params)
    arrays.kernel.data.fill(0)
    expect([...(await params.kernel.data())]).toEqual([1, 2, 3, 4])
    expect([...(await back.kernel.data())]).toEqual([1, 2, 3, 4])
  })

  it('leave nothing behind but what is returned', async () => {
    const params = made()
    const leak = await tensorLeak(async () => dispose({ ...parametersFromHost(await parametersToHost(params), params) }))
    expect(leak).toEqual(noLeak)
  })

  it('of another network are refused, naming the first that differs, is missing or is not known; nothing is made', async () => {
    const like = made()
    const { kernel, gain } = await parametersToHost(like)
    const wide = { data: new Float32Array(6), shape: [2, 3] }
    const leak = await tensorLeak(() => {
      expect(() => parametersFromHost({ kernel: wide, gain: wide }, like)).toThrow(ShapeError)
      expect(() => parametersFromHost({ kernel: wide, gain: wide }, like)).toThrow('the parameter kernel of the checkpoint must have shape (2, 2); got (2, 3).')
      expect(() => parametersFromHost({ kernel, gain: { ...gain, shape: [1] } }, like)).toThrow('the parameter gain of the checkpoint must have shape (); got (1).')
      expect(() => parametersFromHost({ kernel }, like)).toThrow('with the parameter gain')
      expect(() => parametersFromHost({ kernel, gain, bias: gain }, like)).toThrow(InvalidArgumentError)
      expect(() => parametersFromHost({ kernel, gain, bias: gain }, like)).toThrow("without other parameters; got 'bias'.")
      expect(() => parametersFromHost({ kernel: { data: new Float32Array(3), shape: [2, 2] }, gain }, like)).toThrow('the data of the parameter kernel must have shape (4); got (3).')
    })
    expect(leak).toEqual(noLeak)
  })
})
