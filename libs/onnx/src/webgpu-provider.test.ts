import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { onnxModel } from './export-onnx'

const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json'
const made = (seed: number, shape: number[]) => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(seed + 1.7 * i)), shape)

/** Loads a model with one execution provider of onnxruntime-node and prints its outputs; in a process of its own, which it ends itself. */
const program = `
  const [, , runtime, model, provider, numbers] = process.argv
  const ort = require(runtime)
  const run = async () => {
    const session = await ort.InferenceSession.create(model, { executionProviders: [provider] })
    const outputs = await session.run({ x: new ort.Tensor('float32', Float32Array.from(JSON.parse(numbers)), [2, 6, 6, 4]) })
    const entries = await Promise.all(Object.entries(outputs).map(async ([name, value]) => [name, Array.from(await value.getData())]))
    process.stdout.write(JSON.stringify({ outputs: Object.fromEntries(entries) }), () => process.exit(0))
  }
  run().catch((error) => process.stdout.write(JSON.stringify({ failed: String(error.message) }), () => process.exit(0)))`

it("a graph of standard operators, gradients included, gives the same on onnxruntime's WebGPU engine as on its CPU engine, to 1e-5 of the largest", async (context) => {
  await tf.setBackend('cpu')
  const params = { filter: made(1, [3, 3, 4, 8]), weights: made(2, [8, 8]) }
  const network = (filter: tf.Tensor, weights: tf.Tensor, x: tf.Tensor) => {
    const hidden = tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same')
    return tf.softmax(tf.matMul(tf.reshape(tf.mul(hidden, tf.sigmoid(hidden)), [18, 8]), weights as tf.Tensor2D))
  }
  const both = ({ filter, weights }: Record<string, tf.Tensor>, { x }: Record<string, tf.Tensor>) => {
    const [byFilter, byWeights, byX] = tf.grads((f, w, y) => tf.sum(tf.square(network(f, w, y))))([filter, weights, x])
    return { output: network(filter, weights, x), byFilter, byWeights, byX }
  }
  const folder = mkdtempSync(join(tmpdir(), 'sbgm-onnx-'))
  try {
    const model = join(folder, 'model.onnx')
    writeFileSync(model, await onnxModel(both, params, { inputs: { x: { shape: [2, 6, 6, 4] } } }))
    writeFileSync(join(folder, 'run.cjs'), program)
    const numbers = JSON.stringify(Array.from(made(3, [2, 6, 6, 4]).dataSync()))
    const env = { ...process.env, ...(process.env['VK_DRIVER_FILES'] === undefined && existsSync(swiftShader) && { VK_ICD_FILENAMES: process.env['VK_ICD_FILENAMES'] ?? swiftShader }) }
    const run = async (provider: string) => {
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'run.cjs'), createRequire(import.meta.url).resolve('onnxruntime-node'), model, provider, numbers], { env, timeout: 100_000 })
      return JSON.parse(stdout) as { readonly outputs: Record<string, number[]>; readonly failed?: string }
    }
    const { failed, outputs: onGpu } = await run('webgpu')
    if (failed !== undefined) context.skip(`needs a GPU, or Debian's packages chromium and libvulkan1 (SwiftShader): ${failed}`)
    const { outputs: expected } = await run('cpu')
    expect(Object.keys(expected)).toEqual(['output', 'byFilter', 'byWeights', 'byX'])
    for (const [name, values] of Object.entries(expected)) {
      const largest = Math.max(...values.map(Math.abs))
      expect(largest, name).toBeGreaterThan(0)
      values.forEach((value, i) => expect(Math.abs(onGpu[name][i] - value), name).toBeLessThan(1e-5 * largest))
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
    tf.dispose(params)
  }
}, 240_000)
