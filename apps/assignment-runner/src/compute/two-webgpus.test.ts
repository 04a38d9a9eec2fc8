import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { noAdapterBy, offerSwiftShader } from '../../../../tools/software-gpu'

/** Programs for the built libraries: TensorFlow.js's WebGPU, by the package webgpu, and onnxruntime's, each with a Dawn of its own. */
const program = (lines: readonly string[]) => `
import { openBackend } from '@sbgm/backends'
import { compile } from '@sbgm/onnx'
import { add, square, tensor1d } from '@tensorflow/tfjs-core'
let backend, compiled
const tfjs = async () => {
  backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
  const [x, y] = [tensor1d([3, 4]), tensor1d([1, 1])]
  console.log('tfjs', ...(await add(square(x), y).data()))
}
const onnx = async () => {
  compiled = await compile(({ x }) => ({ y: square(x) }), { x: { shape: [2], dtype: 'float32' } }, { engine: 'onnxruntime', device: 'webgpu' })
  console.log('onnx', ...(await compiled.runArrays({ x: { data: Float32Array.of(3, 4), shape: [2] } })).y.data)
}
try {
  await ${lines[0]}()
  await ${lines[1]}()
  await ${lines[0]}()
} catch (error) {
  console.log('failed:', error.message)
  process.exit(0)
}
${lines[2]}`

const run = (lines: readonly string[]): Promise<{ readonly code: number | null; readonly signal: string | null; readonly output: string; readonly errors: string }> => {
  const child = spawn(process.execPath, ['--input-type=module', '-'], { cwd: fileURLToPath(new URL('../..', import.meta.url)) })
  child.stdin.end(program(lines))
  const [output, errors]: [string[], string[]] = [[], []]
  child.stdout.on('data', (text: Buffer) => output.push(text.toString()))
  child.stderr.on('data', (text: Buffer) => errors.push(text.toString()))
  return new Promise((resolve) => void child.on('close', (code, signal) => resolve({ code, signal, output: output.join(''), errors: errors.join('') })))
}

let missing = ''
beforeAll(async () => {
  offerSwiftShader()
  const { output } = await run(['onnx', 'tfjs', 'process.exit(0)'])
  if (output.includes('failed: ')) missing = noAdapterBy(new Error(output))
})
beforeEach((context) => void (missing !== '' && context.skip(missing)))

it.each([
  ['tfjs', 'onnx', 'both closed', 'await compiled.close(); await backend.close()'],
  ['onnx', 'tfjs', 'both closed, the other way round', 'await backend.close(); await compiled.close()'],
  ['tfjs', 'onnx', 'both open, by process.exit', 'process.exit(0)'],
  ['onnx', 'tfjs', 'both open, by process.exit', 'process.exit(0)'],
] as const)("a process with TensorFlow.js's WebGPU and onnxruntime's, %s before %s, computes with both in turns and ends without a crash: %s", async (first, second, _, ending) => {
  const { code, signal, output } = await run([first, second, ending])
  const said = { tfjs: 'tfjs 10 17', onnx: 'onnx 9 16' } as const
  expect({ code, signal, output }).toEqual({ code: 0, signal: null, output: `${[first, second, first].map((name) => said[name]).join('\n')}\n` })
})
