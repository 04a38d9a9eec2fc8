import { expectTypeOf, test } from 'vitest'
import type { Tensor } from '@tensorflow/tfjs-core'
import { tensorSpace, convert, vpSde, type Network, type Prediction, type Predictor } from './index'

declare const noiseNetwork: Predictor<'noise'>
declare const scoreModel: Predictor<'score'>
declare function needsScore(model: Predictor<'score'>): void

test('a noise model where a score is expected does not compile', () => {
  // @ts-expect-error its tag says noise
  needsScore(noiseNetwork)
  needsScore(scoreModel)
  expectTypeOf(noiseNetwork).not.toExtend<Predictor<'score'>>()
  expectTypeOf(noiseNetwork).toExtend<Predictor<Prediction>>()
})

test('convert changes the tag', () => {
  const score = convert(noiseNetwork, 'score', { sde: vpSde(), space: tensorSpace })
  expectTypeOf(score).toEqualTypeOf<Predictor<'score', Tensor>>()
  needsScore(score)
})

test('networks of different predictions are different types', () => {
  expectTypeOf<Network<'noise'>>().not.toExtend<Network<'v'>>()
})
