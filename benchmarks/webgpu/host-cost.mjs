/*
 * What a training step and a sampling step on WebGPU cost the processor, without a card: on Dawn's null backend, which computes nothing, what is
 * left is TensorFlow.js, our own code and Dawn's checks. Beside a card a step takes at least this, however fast the card is; a driver adds its own.
 *
 *   node benchmarks/webgpu/host-cost.mjs [--network 32:1,2,2:2] [--batch 8] [--rounds 5] [--steps 5] [--submit 15,64,256]
 *
 * Stock kernels and ours take turns; milliseconds are of one processor, so what else runs on the machine counts little. The null backend has 512 MiB,
 * hence the small batch; the number of commands depends on it only where a program is chosen by size.
 */
import { parseArgs } from 'node:util'
import { openBackend } from '@sbgm/backends'
import { env } from '@tensorflow/tfjs-core'
import { orRefuse, readNetwork, readWholeNumbers } from './command-line.mjs'
import { inTurns, summary } from './in-turns.mjs'
import { countCommands, offerNullDevice } from './null-device.mjs'
import { gpuMemory, ourWorks } from './our-steps.mjs'

const text = (value) => ({ type: 'string', default: value })
const { values, network, batch, rounds, steps, submits } = orRefuse(() => {
  const { values } = parseArgs({ options: { network: text('32:1,2,2:2'), batch: text('8'), rounds: text('5'), steps: text('5'), submit: { type: 'string' } } })
  const [[batch], [rounds], [steps]] = ['batch', 'rounds', 'steps'].map((option) => readWholeNumbers(option, values[option]))
  return { values, network: readNetwork(values.network), batch, rounds, steps, submits: values.submit === undefined ? [undefined] : readWholeNumbers('submit', values.submit) }
})
const submitFlag = 'WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE'

offerNullDevice()
const { cpuUsage } = process
const variants = ['stock', 'own'].flatMap((kernels) => submits.map((submit) => ({ kernels, submit, name: submit === undefined ? kernels : `${kernels}, submitted by ${submit}` })))
console.log(`network ${values.network}, 28×28, batch ${batch}, Node ${process.versions.node}; median of ${rounds} turns of ${steps} steps, range in brackets\n`)
for (const work of ['training', 'sampling']) {
  const counts = {}
  const memory = {}
  const runners = Object.fromEntries(variants.map(({ kernels, submit, name }) => [name, () => opened(kernels, submit, async () => {
    const ours = await ourWorks[work](network, batch)
    await ours.run(2)
    if (counts[name] === undefined) {
      counts[name] = await countCommands(() => ours.run(1))
      memory[name] = gpuMemory()
    }
    const began = cpuUsage()
    await ours.run(steps)
    const { user, system } = cpuUsage(began)
    await ours.end()
    return (user + system) / 1000 / steps
  })]))
  print(work, await inTurns(runners, rounds), counts, memory)
}
process.exit(0) // Dawn would keep the process

/** A backend of its own for each turn, so that no variant has the pipelines or buffers of another. */
async function opened(kernels, submit, use) {
  const backend = await openBackend({ engine: 'webgpu', kernels })
  const before = env().get(submitFlag)
  if (submit !== undefined) env().set(submitFlag, submit)
  try {
    return await use()
  } finally {
    env().set(submitFlag, before)
    await backend.close()
  }
}

function print(work, outcomes, counts, memory) {
  const [first] = variants
  console.log(`${work} step`)
  for (const { name } of variants) {
    const { error, milliseconds } = outcomes[name]
    if (error !== undefined) {
      console.log(`  ${name}: ${error}`)
      continue
    }
    const { median, least, most } = summary(milliseconds)
    const ratios = summary(milliseconds.map((value, round) => value / outcomes[first.name].milliseconds[round]))
    const { dispatches, submissions, uploads, copies, allocations } = counts[name]
    console.log(`  ${name.padEnd(26)}${median.toFixed(1)} ms (${least.toFixed(1)} to ${most.toFixed(1)}), ratio ${ratios.median.toFixed(2)} (${ratios.least.toFixed(2)} to ${ratios.most.toFixed(2)}); `
      + `${total(dispatches)} dispatches, ${submissions} submissions, ${uploads} uploads, ${copies} copies, ${allocations} allocations; ${(memory[name].bytesAllocated / 2 ** 20).toFixed(0)} MiB`)
  }
  for (const kernels of ['stock', 'own']) {
    const { dispatches } = counts[variants.find((variant) => variant.kernels === kernels).name] ?? {}
    if (dispatches) console.log(`  ${kernels}: ${Object.entries(dispatches).sort(([, a], [, b]) => b - a).map(([name, count]) => `${count} ${name}`).join(', ')}`)
  }
  console.log()
}

function total(dispatches) {
  return Object.values(dispatches).reduce((sum, count) => sum + count, 0)
}
