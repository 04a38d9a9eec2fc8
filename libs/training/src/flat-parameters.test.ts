import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { add, dispose, grad, mul, scalar, setBackend, square, sum, tensor, tensor1d, tensor2d, type Tensor1D } from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { flattenParameters, parameterLayout, unflattenParameters } from './flat-parameters'

beforeAll(() => setBackend('cpu'))

const made = (): Params => ({
  kernel: tensor2d([[1, 2, 3], [4, 5, 6]]),
  gain: scalar(7),
  conv: tensor([8, 9, 10, 11], [1, 2, 2, 1]),
})

describe('flat parameters', () => {
  it('lie one after the other, in the order of their names in the map', async () => {
    const layout = parameterLayout(made())
    expect(layout).toEqual({ names: ['kernel', 'gain', 'conv'], shapes: [[2, 3], [], [1, 2, 2, 1]], sizes: [6, 1, 4], total: 11 })
    expect([...(await flattenParameters(made(), layout).data())]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
  })

  it.each([['several', made], ['a single one', () => ({ only: tensor2d([[1, 2]]) })]])('come back by name with shape and numbers: %s', async (_, make) => {
    const params: Params = make()
    const layout = parameterLayout(params)
    const back = unflattenParameters(flattenParameters(params, layout), layout)
    expect(Object.keys(back)).toEqual(Object.keys(params))
    for (const name of layout.names) {
      expect(back[name].shape).toEqual(params[name].shape)
      expect(await back[name].data()).toEqual(await params[name].data())
    }
  })

  it('follow the layout, whatever the order of the map', async () => {
    const { kernel, gain, conv } = made()
    expect([...(await flattenParameters({ conv, gain, kernel }, parameterLayout(made())).data())].slice(5, 8)).toEqual([6, 7, 8])
  })

  it('pass gradients: d/dp (Σ kernel² + 3 gain) is 2 kernel, 3 and 0 for what is not used', async () => {
    const layout = parameterLayout(made())
    const loss = (flat: Tensor1D) => {
      const { kernel, gain } = unflattenParameters(flat, layout)
      return add(sum(square(kernel)), mul(gain, 3))
    }
    expect([...(await grad(loss as Parameters<typeof grad>[0])(flattenParameters(made(), layout)).data())]).toEqual([2, 4, 6, 8, 10, 12, 3, 0, 0, 0, 0])
  })

  it('leave nothing behind but what is returned, and survive it', async () => {
    const params = made()
    const layout = parameterLayout(params)
    const leak = await tensorLeak(() => {
      const flat = flattenParameters(params, layout)
      dispose({ ...unflattenParameters(flat, layout) })
      expect(flat.isDisposed).toBe(false)
      dispose(flat)
    })
    expect(leak).toEqual(noLeak)
  })

  it('are refused, by name, where they do not fit: other shape, missing, unknown', () => {
    const layout = parameterLayout(made())
    const { kernel, gain, conv } = made()
    expect(() => flattenParameters({ kernel, gain, conv: kernel }, layout)).toThrow('the parameter conv must have shape (1, 2, 2, 1); got (2, 3).')
    expect(() => flattenParameters({ kernel, conv }, layout)).toThrow("params must be complete: its layout has the parameter gain; got ['kernel', 'conv'].")
    expect(() => flattenParameters({ ...made(), more: gain }, layout)).toThrow(InvalidArgumentError)
    expect(() => unflattenParameters(tensor1d([1, 2, 3]), layout)).toThrow(ShapeError)
    expect(() => parameterLayout({})).toThrow('params must be at least one named tensor; got [].')
  })
})
