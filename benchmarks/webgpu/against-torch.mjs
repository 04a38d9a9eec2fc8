/*
 * On a GPU: a training step (loss, gradient, clipping, AdamW, averaged weights) and a step of Euler–Maruyama with the UNet of profile
 * `full`, on the WebGPU backend of @sbgm/backends, against PyTorch on the same card, eager and, where it has it, by torch.compile: time
 * and memory. All take turns in one run; what counts is the median of the rounds' ratios, in the table and, with all times, in a JSON
 * file, which is written after every batch. Where Python has no torch with CUDA, ours alone is measured.
 *
 *   npm run build && npm run bench:gpu -- [--to FILE] [--rounds 7] [--steps 5] [--batches 128,512] [--sampling-batches 64,512]
 *     [--network 32:1,2,2:2] [--twin torch_twin.py] [--allow-software-adapter]
 *
 * A network is WIDTH:MULTIPLIERS:BLOCKS. Software adapters are refused unless allowed: to try the program, not to measure. It can be
 * bundled into one file, with the package webgpu left outside; it then looks for torch_twin.py beside itself.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeAdapter, openBackend } from '@sbgm/backends'
import { version_core } from '@tensorflow/tfjs-core'
import { readCommandLine } from './command-line.mjs'
import { inTurns, summary } from './in-turns.mjs'
import { gpuMemory, ourWorks } from './our-steps.mjs'
import { torchOnCard } from './torch-on-card.mjs'

const OURS = '@sbgm on WebGPU'
const options = readOptions()
const { network, batches, rounds, steps, allowSoftwareAdapter } = options
const twinScript = [options.twin && pathToFileURL(options.twin), new URL('../unet/torch_twin.py', import.meta.url), new URL('torch_twin.py', import.meta.url)]
  .find((script) => script && existsSync(script)) ?? new URL('torch_twin.py', import.meta.url)
const twinNetwork = { height: 28, width: 28, channels: 1, attentionLevels: [network.multipliers.length - 1], groups: 8, timeFeatures: 32, timeEmbedding: 'sinusoidal', timeScale: 1000, ...network }

const { adapter, version } = await open((backend) => backend).catch((error) => refuse(1, error.adapter?.software ? `${error.reason} --allow-software-adapter takes it all the same.` : error.message))
const torch = await torchOnCard(twinScript, adapter.software)
const result = {
  format: 'sbgm-gpu-benchmark', formatVersion: 1, date: new Date().toISOString(),
  versions: { node: process.versions.node, 'tfjs-core': version_core, 'tfjs-backend-webgpu': version, webgpu: webgpuVersion() },
  platform: `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim()}`,
  adapter, torch: torch.report ?? { missing: torch.missing }, network, rounds, stepsPerTurn: steps, works: [],
}
console.log(`${describeAdapter(adapter)}${adapter.software ? ', a software adapter: these times say nothing of a card' : ''}; ${torch.report ? `PyTorch ${torch.report.version} on ${torch.report.card ?? torch.report.device}` : torch.missing}`)
console.log(`median of ${rounds} turns of ${steps} ${steps === 1 ? 'step' : 'steps'}, range in brackets; ratio: ours to PyTorch's, below 1 is faster\n`)
try {
  for (const [work, sizes] of Object.entries(batches)) {
    for (const batch of sizes) {
      const measured = await measure(work, batch)
      result.works.push(measured)
      mkdirSync(dirname(options.to), { recursive: true })
      writeFileSync(options.to, `${JSON.stringify(result, undefined, 2)}\n`)
      print(measured)
    }
  }
} finally {
  torch.stop?.()
}
console.log(`\nAll of it: ${options.to}`)
if (result.works.some(({ runners }) => runners[OURS].error !== undefined)) process.exitCode = 1

function readOptions() {
  try {
    return readCommandLine(process.argv.slice(2))
  } catch (error) {
    return refuse(2, error.message)
  }
}

function refuse(code, message) {
  console.error(`error: ${message}`)
  process.exit(code)
}

/** A backend of its own, so that no work has the buffers of another. */
async function open(use) {
  const backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter })
  try {
    return await use(backend)
  } finally {
    await backend.close()
  }
}

function measure(work, batch) {
  return open(async () => {
    const ours = await ourWorks[work](network, batch)
    const results = [] // losses, or mean squares of the samples: what was computed, so that a fast nonsense shows
    const memories = {}
    const runners = {
      [OURS]: async () => {
        const began = performance.now()
        const number = await ours.run(steps)
        const milliseconds = (performance.now() - began) / steps
        if (!Number.isFinite(number)) throw new Error(`The ${work} gave ${number}.`)
        results.push(number)
        memories[OURS] = gpuMemory()
        return milliseconds
      },
    }
    for (const variant of torch.variants ?? []) {
      runners[`PyTorch ${variant}`] = async () => {
        const { milliseconds, parameters, ...memory } = await torch.measure({ network: twinNetwork, time: work === 'training' ? 'step' : 'sample', batch, steps, compile: variant === 'compiled' })
        if (parameters !== ours.parameters) throw new Error(`Its network has ${parameters} parameters, ours ${ours.parameters}.`)
        memories[`PyTorch ${variant}`] = memory
        return milliseconds
      }
    }
    try {
      const outcomes = await inTurns(runners, rounds)
      const report = Object.fromEntries(Object.entries(outcomes).map(([name, { first, milliseconds, error }]) => [
        name, error === undefined ? { firstTurn: first, milliseconds: summary(milliseconds), ratio: name === OURS ? undefined : ratio(outcomes, milliseconds), memory: memories[name] } : { error },
      ]))
      return { work, batch, parameters: ours.parameters, runners: report, results }
    } finally {
      await ours.end()
    }
  }).catch((error) => ({ work, batch, runners: { [OURS]: { error: error.message } }, results: [] }))
}

/** Ours to theirs, round by round. */
function ratio({ [OURS]: ours }, theirs) {
  return ours.error === undefined ? summary(theirs.map((value, i) => ours.milliseconds[i] / value)) : undefined
}

function print({ work, batch, parameters, runners }) {
  console.log(`${work} step, batch ${batch}${parameters ? `, ${parameters.toLocaleString('en-US')} parameters` : ''}`)
  const range = ({ median, least, most }, digits) => `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`
  const mebibytes = (bytes) => (bytes === undefined ? '' : `${(bytes / 2 ** 20).toFixed(0)} MiB`)
  for (const [name, { error, milliseconds, ratio: against, memory }] of Object.entries(runners)) {
    if (error !== undefined) console.log(`  ${name.padEnd(18)}failed: ${error.split('\n')[0]}`)
    else console.log(`  ${name.padEnd(18)}${`${range(milliseconds, 2)} ms`.padEnd(36)}${mebibytes(memory.bytesAllocated).padStart(10)}  ${against ? `ratio ${range(against, 2)}` : ''}`)
  }
}

function webgpuVersion() {
  try {
    const { version: found } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('webgpu/package.json'), 'utf8'))
    return found
  } catch {
    return 'of unknown version'
  }
}
