import { createInterface } from 'node:readline'
import { openBackend } from '@sbgm/backends'
import { gpuMemory, ourWorks } from './our-steps.mjs'

/**
 * Our steps as a process of its own, so that no runner has the buffers or the memory of another: answers the lines of standard input.
 * The first line out is what was opened, or the refusal; one request begins a work, all others make so many steps of it.
 *
 *     → {"adapter": …, "version": …} or {"error": …, "software": true | false}
 *     {"begin": "training" | "sampling", "network": …, "batch": n} → {"parameters": n} or {"error": …}
 *     {"steps": n} → {"milliseconds": per step, "result": what the last one gave, "memory": …} or {"error": …}
 *
 * @param {'own' | 'stock' | 'onnx'} kind - the backend's kernels, or onnxruntime's WebGPU engine beside wasm
 * @param {boolean} allowSoftwareAdapter
 */
export async function answerSteps(kind, allowSoftwareAdapter) {
  const say = (answer) => process.stdout.write(`${JSON.stringify(answer)}\n`)
  let backend
  try {
    backend = await openBackend(kind === 'onnx' ? { engine: 'wasm' } : { engine: 'webgpu', kernels: kind, allowSoftwareAdapter })
  } catch (error) {
    const software = error.adapter?.software === true
    say({ error: software ? error.reason : error.message, software }) // of software, the program says what to do in its own words
    return
  }
  say({ adapter: backend.adapter, version: backend.version })
  let work
  for await (const line of createInterface({ input: process.stdin })) {
    const { begin, network, batch, steps } = JSON.parse(line)
    try {
      if (begin !== undefined) {
        await work?.end()
        work = await ourWorks[begin](network, batch, kind === 'onnx' ? 'compiled' : 'eager')
        say({ parameters: work.parameters })
        continue
      }
      const began = performance.now()
      const result = await work.run(steps)
      const milliseconds = (performance.now() - began) / steps
      if (!Number.isFinite(result)) throw new Error(`The last step gave ${result}.`)
      say({ milliseconds, result, ...(kind !== 'onnx' && { memory: gpuMemory() }) }) // onnxruntime does not tell its memory
    } catch (error) {
      say({ error: error.message })
    }
  }
  await backend.close().catch(() => undefined) // a device that failed has said so
  process.exit()
}
