import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-wasm'
import '@tensorflow/tfjs-layers'
import { installWasmConvolutionGradients } from './wasm-convolution'

let uninstall = () => {}
beforeAll(() => void (uninstall = installWasmConvolutionGradients()))
afterAll(() => uninstall())

describe('quick', () => {
  for (const [h, w, k, s, p] of [[5, 7, 3, 1, 'same'], [6, 5, 3, 2, 'same'], [7, 7, 3, 2, 1], [9, 8, 5, 2, 'valid'], [4, 4, 1, 1, 'same'], [7, 6, 1, 2, 'valid']] as const) {
    it(`${h} ${w} ${k} ${s} ${p}`, async () => {
      const run = async (name: string) => {
        await tf.setBackend(name)
        const x = tf.randomUniform([2, h, w, 3], -1, 1, 'float32', 1) as tf.Tensor4D
        const f = tf.randomUniform([k, k, 3, 4], -1, 1, 'float32', 2) as tf.Tensor4D
        const [a, b] = tf.grads((u, v) => tf.sum(tf.square(tf.conv2d(u as tf.Tensor4D, v as tf.Tensor4D, s, p))))([x, f] as never)
        return [...a!.dataSync(), ...b!.dataSync()]
      }
      const [one, two] = [await run('cpu'), await run('wasm')]
      one.forEach((v, i) => expect(two[i]).toBeCloseTo(v, 3))
    })
  }
})
