/*
 * Each kernel that @sbgm/backends has in the place of one of TensorFlow.js on WebGPU, at every shape that it meets in a training step of a UNet on
 * 28 × 28 images: tfjs's own and ours take turns in one run, on the same tensors.
 *
 *   npm run build && node benchmarks/webgpu/kernels.mjs [--network 32:1,2,2:2] [--batch 128] [--rounds 5] [--kernels Sum,Conv2DBackpropFilter]
 *     [--shortest 200] [--to FILE] [--allow-software-adapter]
 *
 * A turn makes the same call over and over, for 200 milliseconds or so (--shortest), and waits until the card has done it all: no timestamps are asked of the card.
 * The share of that time in which the commands were made is given, too: near 1 a card waits for the processor, and the ratio says little of the shader.
 * Software adapters are refused unless allowed: to try the program, not to measure.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { describeAdapter, openBackend } from '@sbgm/backends'
import { fillNormal } from '@sbgm/sde-core'
import { unet } from '@sbgm/unet'
import '@tensorflow/tfjs-backend-webgpu' // registers its own kernels, before ours take the place of some
import * as tf from '@tensorflow/tfjs-core'
import { orRefuse, readNetwork, readWholeNumbers } from './command-line.mjs'
import { inTurns, summary } from './in-turns.mjs'

const SIZE = 28
const text = (value) => ({ type: 'string', default: value })
const { values, settings, batch, rounds, shortest } = orRefuse(() => {
  const { values } = parseArgs({
    options: {
      'network': text('32:1,2,2:2'), 'batch': text('128'), 'rounds': text('5'), 'kernels': { type: 'string' }, 'shortest': text('200'), 'to': { type: 'string' },
      'allow-software-adapter': { type: 'boolean', default: false },
    },
  })
  const [[batch], [rounds], [shortest]] = ['batch', 'rounds', 'shortest'].map((option) => readWholeNumbers(option, values[option]))
  return { values, settings: readNetwork(values.network), batch, rounds, shortest }
})

const stockKernels = new Map(tf.getKernelsForBackend('webgpu').map((kernel) => [kernel.kernelName, kernel.kernelFunc]))
const { adapter } = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: values['allow-software-adapter'] }).catch((error) => {
  console.error(`error: ${error.adapter?.software ? `${error.reason} --allow-software-adapter takes it all the same.` : error.message}`)
  process.exit(1)
})
const backend = tf.backend()
const replaced = tf.getKernelsForBackend('webgpu')
  .filter(({ kernelName, kernelFunc }) => stockKernels.has(kernelName) && stockKernels.get(kernelName) !== kernelFunc)
  .filter(({ kernelName }) => values.kernels === undefined || values.kernels.split(',').includes(kernelName))
console.log(`${describeAdapter(adapter)}${adapter.software ? ', a software adapter: these times say nothing of a card' : ''}; network ${values.network}, batch ${batch}`)
console.log(`milliseconds of a call, medians of ${rounds} turns; ratio: ours to tfjs's, below 1 is faster, range in brackets; in braces the share of making commands; calls in a training step\n`)

const measured = []
for (const work of await callsOfTrainingStep()) {
  const result = await measure(work)
  measured.push(result)
  const { name, shapes, calls, stock, ours, ratio, difference } = result
  console.log(`${name.padEnd(21)}${shapes.padEnd(44)}${`${calls} ×`.padStart(5)}  ${cell(stock)} → ${cell(ours)}  ${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})${difference < 1e-3 ? '' : `  differs by ${difference.toExponential(1)} of the largest`}`)
  if (!(difference < 1e-3)) process.exitCode = 1
}
console.log()
for (const { kernelName } of replaced) {
  const its = measured.filter(({ name }) => name === kernelName)
  const total = (whose) => its.reduce((sum, result) => sum + result.calls * result[whose].median, 0)
  if (its.length > 0) console.log(`${kernelName.padEnd(21)}in a training step: ${total('stock').toFixed(2)} → ${total('ours').toFixed(2)} ms, ratio ${(total('ours') / total('stock')).toFixed(2)}`)
}
if (values.to !== undefined) {
  mkdirSync(dirname(values.to), { recursive: true })
  writeFileSync(values.to, `${JSON.stringify({ format: 'sbgm-gpu-kernels', formatVersion: 1, date: new Date().toISOString(), adapter, network: settings, batch, rounds, kernels: measured }, undefined, 2)}\n`)
}
process.exit() // Dawn's threads would keep it alive

function cell({ median, making }) {
  return `${median.toFixed(3)} {${making.toFixed(1)}}`.padStart(14)
}

/** Every different call of a replaced kernel in loss and gradient of the network, with the number of times it is made. */
async function callsOfTrainingStep() {
  const calls = new Map()
  for (const kernel of replaced) {
    exchange(kernel, {
      ...kernel,
      kernelFunc(call) {
        const inputs = Object.entries(call.inputs).filter(([, tensor]) => tensor).map(([name, { shape, dtype }]) => ({ name, shape, dtype }))
        const key = JSON.stringify([kernel.kernelName, inputs, call.attrs])
        if (inputs.every(({ dtype }) => dtype === 'float32')) calls.set(key, { kernel, inputs, attrs: call.attrs, times: (calls.get(key)?.times ?? 0) + 1 })
        return kernel.kernelFunc(call)
      },
    })
  }
  const network = unet({ height: SIZE, width: SIZE, predicts: 'noise', ...settings })
  const params = network.init(0)
  const names = Object.keys(params)
  tf.tidy(() => {
    const [x, t] = [tf.zeros([batch, SIZE, SIZE, 1]), tf.ones([batch])]
    const loss = (...weights) => tf.mean(tf.squaredDifference(network.apply(Object.fromEntries(names.map((name, i) => [name, weights[i]])), x, t), x))
    tf.grads(loss)(names.map((name) => params[name]))
  })
  tf.dispose({ ...params })
  await finished()
  for (const kernel of replaced) exchange(kernel, kernel)
  return [...calls.values()].sort((a, b) => a.kernel.kernelName.localeCompare(b.kernel.kernelName))
}

function exchange({ kernelName, backendName }, kernel) {
  tf.unregisterKernel(kernelName, backendName)
  tf.registerKernel(kernel)
}

async function finished() {
  backend.ensureCommandEncoderReady()
  backend.endComputePassEncoder()
  backend.submitQueue()
  await backend.device.queue.onSubmittedWorkDone()
}

async function measure({ kernel, inputs, attrs, times }) {
  const tensors = Object.fromEntries(inputs.map(({ name, shape }, i) => [name, filled(shape, `${name}${i}`)]))
  const kinds = { stock: stockKernels.get(kernel.kernelName), ours: kernel.kernelFunc }
  const run = (kernelFunc) => [kernelFunc({ inputs: tensors, backend, attrs })].flat()
  const making = { stock: [], ours: [] }
  const repeats = await repetitions(() => release(run(kinds.stock)))
  const outcomes = await inTurns(Object.fromEntries(Object.entries(kinds).map(([kind, kernelFunc]) => [kind, async () => {
    await finished()
    const began = performance.now()
    for (let i = 0; i < repeats; i++) release(run(kernelFunc))
    const made = performance.now() - began
    await finished()
    const all = performance.now() - began
    making[kind].push(made / all)
    return all / repeats
  }])), rounds)
  for (const { error } of Object.values(outcomes)) if (error !== undefined) throw new Error(`${kernel.kernelName}: ${error}`)
  const difference = await largestDifference(run(kinds.stock), run(kinds.ours))
  tf.dispose(tensors)
  const { strides, axis, filterShape } = attrs ?? {}
  const settled = (kind) => ({ ...summary(outcomes[kind].milliseconds), making: summary(making[kind].slice(1)).median })
  return {
    name: kernel.kernelName,
    shapes: [...inputs.map(({ shape }) => shape.join('×')), ...(filterShape ? [`→ ${filterShape.join('×')}`] : []), ...(strides ? [`stride ${[strides].flat()[0]}`] : []), ...(axis === undefined ? [] : [`axis ${[axis].flat().join()}`])].join(' '),
    calls: times, repeats, stock: settled('stock'), ours: settled('ours'), difference,
    ratio: summary(outcomes.ours.milliseconds.map((value, round) => value / outcomes.stock.milliseconds[round])),
  }
}

/** Calls that take about as long as a turn should, compiled before. */
async function repetitions(call) {
  call()
  await finished()
  const began = performance.now()
  call()
  await finished()
  return Math.max(1, Math.min(500, Math.round(shortest / (performance.now() - began))))
}

function filled(shape, stream) {
  const numbers = new Float32Array(tf.util.sizeFromShape(shape))
  fillNormal(numbers, numbers.length, { seed: 0, stream, step: 0, firstSample: 0, draw: 0 })
  return tf.tensor(numbers, shape)
}

function release(results) {
  for (const { dataId } of results) backend.disposeData(dataId)
}

async function largestDifference(stock, ours) {
  const read = (results) => Promise.all(results.map(({ dataId }) => backend.read(dataId)))
  const [expected, actual] = [await read(stock), await read(ours)]
  release([...stock, ...ours])
  let [difference, largest] = [0, 0]
  expected.forEach((numbers, which) => numbers.forEach((value, i) => {
    difference = Math.max(difference, Math.abs(value - actual[which][i]))
    largest = Math.max(largest, Math.abs(value))
  }))
  return difference / largest
}
