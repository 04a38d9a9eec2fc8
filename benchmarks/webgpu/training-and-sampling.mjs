/*
 * On a GPU: a training step (loss, gradient, clipping, AdamW, averaged weights) and a step of Euler–Maruyama with the UNet of profile
 * `full`, on the WebGPU backend of @sbgm/backends, against the same compiled by @sbgm/onnx for onnxruntime's WebGPU engine, TensorFlow.js's
 * own kernels, and PyTorch on the same card, eager and, where it has it, by torch.compile: time and memory. All take turns in one run, each in
 * a process of its own; what counts is the median of the rounds' ratios, in the table and, with all times, in a JSON file, which is written
 * after every batch. Where Python has no torch with CUDA, it is left out.
 *
 *   npm run build && npm run bench:gpu -- [--to FILE] [--rounds 7] [--steps 5] [--batches 128,512] [--sampling-batches 64,512]
 *     [--network 32:1,2,2:2] [--twin torch_twin.py] [--allow-software-adapter]
 *
 * A network is WIDTH:MULTIPLIERS:BLOCKS. Software adapters are refused unless allowed: to try the program, not to measure. It can be
 * bundled into one file, with the packages webgpu and onnxruntime-node left outside; session-worker.mjs of @sbgm/onnx then belongs beside it,
 * and torch_twin.py is looked for there.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { describeAdapter } from '@sbgm/backends'
import { version_core } from '@tensorflow/tfjs-core'
import { orRefuse, readCommandLine } from './command-line.mjs'
import { inTurns, summary } from './in-turns.mjs'
import { ourRunners, startOurs } from './our-runners.mjs'
import { answerSteps } from './step-worker.mjs'
import { torchOnCard } from './torch-on-card.mjs'

const [OURS] = Object.keys(ourRunners)
const options = orRefuse(() => readCommandLine(process.argv.slice(2)))
if (options.worker === undefined) await benchmark(options)
else await answerSteps(options.worker, options.allowSoftwareAdapter)

async function benchmark({ network, batches, rounds, steps, allowSoftwareAdapter, twin, to }) {
  const { adapter, version } = await look(allowSoftwareAdapter)
  const torch = await torchOnCard(twinScript(twin), adapter.software)
  const result = {
    format: 'sbgm-gpu-benchmark', formatVersion: 2, date: new Date().toISOString(),
    versions: { node: process.versions.node, 'tfjs-core': version_core, 'tfjs-backend-webgpu': version, webgpu: webgpuVersion() },
    platform: `${process.platform} ${process.arch}, ${cpus()[0]?.model.trim()}`,
    adapter, torch: torch.report ?? { missing: torch.missing }, network, rounds, stepsPerTurn: steps, works: [],
  }
  console.log(`${describeAdapter(adapter)}${adapter.software ? ', a software adapter: these times say nothing of a card' : ''}; ${torch.report ? `PyTorch ${torch.report.version} on ${torch.report.card ?? torch.report.device}` : torch.missing}`)
  console.log(`median of ${rounds} turns of ${steps} ${steps === 1 ? 'step' : 'steps'}, range in brackets; ratio: ours to theirs, below 1 is faster\n`)
  try {
    for (const [work, sizes] of Object.entries(batches)) {
      for (const batch of sizes) {
        const measured = await measure({ work, batch, network, rounds, steps, allowSoftwareAdapter, torch })
        result.works.push(measured)
        mkdirSync(dirname(to), { recursive: true })
        writeFileSync(to, `${JSON.stringify(result, undefined, 2)}\n`)
        print(measured)
      }
    }
  } finally {
    torch.stop?.()
  }
  console.log(`\nAll of it: ${to}`)
  if (result.works.some(({ runners }) => runners[OURS].error !== undefined)) process.exitCode = 1
}

function refuse(code, message) {
  console.error(`error: ${message}`)
  process.exit(code)
}

/** This file as a process that makes our steps. */
function start(kind, allowSoftwareAdapter) {
  return startOurs(fileURLToPath(import.meta.url), kind, allowSoftwareAdapter)
}

/** The adapter and the version of its backend; ends the program where there is none. */
async function look(allowSoftwareAdapter) {
  try {
    const { opened, stop } = await start(ourRunners[OURS], allowSoftwareAdapter)
    await stop()
    return opened
  } catch (error) {
    return refuse(1, error.software ? `${error.message} --allow-software-adapter takes it all the same.` : error.message)
  }
}

function twinScript(named) {
  const places = [named && pathToFileURL(named), new URL('../unet/torch_twin.py', import.meta.url), new URL('torch_twin.py', import.meta.url)]
  return places.find((script) => script && existsSync(script)) ?? places.at(-1)
}

async function measure({ work, batch, network, rounds, steps, allowSoftwareAdapter, torch }) {
  const [runners, stops] = [{}, []]
  const told = {} // by runner: parameters, memory, and results, so that a fast nonsense shows
  for (const [name, kind] of Object.entries(ourRunners)) {
    told[name] = { results: [] }
    let worker
    runners[name] = async () => {
      if (worker === undefined) {
        worker = await start(kind, allowSoftwareAdapter)
        stops.push(worker.stop)
        told[name].parameters = (await worker.ask({ begin: work, network, batch })).parameters
      }
      const { milliseconds, result, memory } = await worker.ask({ steps })
      told[name].results.push(result)
      told[name].memory = memory
      return milliseconds
    }
  }
  for (const variant of torch.variants ?? []) {
    const name = `PyTorch ${variant}`
    runners[name] = async () => {
      const { milliseconds, parameters, ...memory } = await torch.measure({ network: ofTwin(network), time: work === 'training' ? 'step' : 'sample', batch, steps, compile: variant === 'compiled' })
      const ours = told[OURS].parameters
      if (ours !== undefined && parameters !== ours) throw new Error(`Its network has ${parameters} parameters, ours ${ours}.`)
      told[name] = { parameters, memory }
      return milliseconds
    }
  }
  try {
    const outcomes = await inTurns(runners, rounds)
    const report = ([name, { first, milliseconds, error }]) => {
      if (error !== undefined) return [name, { error }]
      const { memory, results } = told[name]
      return [name, { firstTurn: first, milliseconds: summary(milliseconds), ratio: name === OURS ? undefined : ratio(outcomes[OURS], milliseconds), memory, results }]
    }
    return { work, batch, parameters: told[OURS].parameters, runners: Object.fromEntries(Object.entries(outcomes).map(report)) }
  } finally {
    await Promise.all(stops.map((stop) => stop()))
  }
}

/** The settings of our UNet with its defaults filled in, as the twin wants them. */
function ofTwin(network) {
  return { height: 28, width: 28, channels: 1, attentionLevels: [network.multipliers.length - 1], groups: 8, timeFeatures: 32, timeEmbedding: 'sinusoidal', timeScale: 1000, ...network }
}

/** Ours to theirs, round by round. */
function ratio(ours, theirs) {
  return ours.error === undefined ? summary(theirs.map((value, i) => ours.milliseconds[i] / value)) : undefined
}

function print({ work, batch, parameters, runners }) {
  console.log(`${work} step, batch ${batch}${parameters ? `, ${parameters.toLocaleString('en-US')} parameters` : ''}`)
  const range = ({ median, least, most }, digits) => `${median.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`
  const mebibytes = (bytes) => (bytes === undefined ? '' : `${(bytes / 2 ** 20).toFixed(0)} MiB`)
  for (const [name, { error, milliseconds, ratio: against, memory }] of Object.entries(runners)) {
    if (error !== undefined) console.log(`  ${name.padEnd(18)}failed: ${error.split('\n')[0]}`)
    else console.log(`  ${name.padEnd(18)}${`${range(milliseconds, 2)} ms`.padEnd(36)}${mebibytes(memory?.bytesAllocated).padStart(10)}  ${against ? `ratio ${range(against, 2)}` : ''}`)
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
