import '@tensorflow/tfjs-backend-cpu'
import { scalar, setBackend, square, sum, type Scalar } from '@tensorflow/tfjs-core'
import { MissingGradientError, type Params } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { expect, it } from 'vitest'
import { adamW } from './adam-w'
import { eagerRunner } from './eager-runner'
import { parameterLayout } from './flat-parameters'
import { train } from './train'
import { trainStep } from './train-step'

// Here nobody imports '@tensorflow/tfjs-layers': the core alone registers no gradients.

it('without registered gradients training says which package to import, and frees all it made', async () => {
  await setBackend('cpu')
  const params = { x: scalar(1) }
  const loss = ({ x }: Params) => sum(square(x)) as Scalar
  const runner = eagerRunner(trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() }))
  const leak = await tensorLeak(async () => {
    const run = train({ runner, params, steps: 1, batch: () => ({}), learningRate: () => 0.1, averageDecay: () => 0 })
    const error: unknown = await run.next().catch((reason: unknown) => reason)
    expect(MissingGradientError.isInstance(error)).toBe(true)
    expect(String(error)).toContain("Import '@tensorflow/tfjs-layers'")
  })
  expect(leak).toEqual(noLeak)
})
