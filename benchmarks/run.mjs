/*
 * All benchmarks but that of a GPU (`npm run bench:gpu`), one after the other, or those whose name holds one of the words given:
 *
 *   npm run bench            npm run bench -- noise part1
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const benchmarks = [
  'noise/keyed-noise', 'part1/forward-simulation', 'part1/score-training', 'matmul/matmul', 'matmul/elementwise', 'matmul/memory',
  'convolution/kernels', 'convolution/unet-step', 'unet/unet', 'onnx/unet', 'onnx/sessions-in-turn', 'samplers/overhead', 'datasets/load', 'webgpu/host-cost',
]
const wanted = process.argv.slice(2)
const chosen = benchmarks.filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)))
if (chosen.length === 0) {
  console.error(`No benchmark has ${wanted.join(' or ')} in its name; there are ${benchmarks.join(', ')}.`)
  process.exit(2)
}
let failed = 0
for (const name of chosen) {
  console.log(`\n── ${name}`)
  const { status } = spawnSync(process.execPath, [fileURLToPath(new URL(`${name}.mjs`, import.meta.url))], { stdio: 'inherit' })
  if (status !== 0) failed++
}
process.exitCode = failed === 0 ? 0 : 1
