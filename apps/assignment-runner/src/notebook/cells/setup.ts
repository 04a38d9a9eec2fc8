// %% [markdown]
// # Score-based generative modelling, step by step
//
// This notebook runs every part of the assignment whose outputs lie beside it, one function of the `@sbgm` libraries after the other. Nothing in it is replayed: each network is trained for some steps before the weights are loaded that the program trained for longer, and each sampler computes what is shown.
//
// **Why TypeScript.** It stands in the place of a Python notebook. The libraries and the tests that prove them are TypeScript; a notebook in another language would have to repeat them in code that no test has seen. Jupyter runs it by Deno's kernel.
//
// **To run it.** `npm start -- notebook` in the checkout, or in the unpacked code archive, runs all cells; it needs Jupyter (Debian: `apt-get install jupyter-nbconvert`; elsewhere `pip install nbconvert`). To run them one by one in Jupyter's own window: `npx deno jupyter --install` once, then open this file. Deno finds the libraries in the `node_modules` of a folder above, after `npm ci && npm run build`. MNIST is read from the folder that `SBGM_DATA_DIR` names, else from the cache, else downloaded.

// %% [markdown]
// ## What every part uses
//
// The run beside this notebook gives the seed and the profile, and `size` says how much the cells do in each profile. One SDE serves parts 1, 3 and 4, the variance-preserving $dx = -\tfrac12\beta(t)\,x\,dt + \sqrt{\beta(t)}\,dw$ with $\beta(t) = 0.1 + 19.9\,t$ on $t \in [0, 1]$.

// %%
import { openBackend } from '@sbgm/backends'
import { type Params, vpSde } from '@sbgm/sde-core'
import {
  adamW, cosineDecay, decodeSafetensors, eagerRunner, emaDecay, type HostArrays, type HostBatch, type Loss, parameterLayout, train, trainStep,
} from '@sbgm/training'
import { figure, line, linePalette, panel } from '@sbgm/viz'
import { renderPng } from '@sbgm/viz/png'
import { dispose } from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'

/** What the program noted about its run. */
const run = JSON.parse(readFileSync('manifest.json', 'utf8')) as {
  seed: number
  configuration: { profile: 'smoke' | 'quick' | 'full' }
}
const { profile } = run.configuration
export const { seed } = run
export const sde = vpSde({ betaMin: 0.1, betaMax: 20 })

export const size = {
  smoke: {
    points: 300, steps: 40, lineTraining: 40,
    imageTraining: 20, batch: 16, images: 8, imageSteps: 10, scales: [0, 2], completionSteps: 5,
  },
  quick: {
    points: 5000, steps: 500, lineTraining: 400,
    imageTraining: 40, batch: 64, images: 16, imageSteps: 500, scales: [0, 1, 4], completionSteps: 100,
  },
  full: {
    points: 10000, steps: 1000, lineTraining: 1000,
    imageTraining: 40, batch: 64, images: 16, imageSteps: 500, scales: [0, 1, 4], completionSteps: 100,
  },
}[profile]

// %% [markdown]
// What prints and draws, what reads weights, and what trains. The engine is TensorFlow.js on WebAssembly, on one core: the same seed gives the same numbers.

// %%
const backend = await openBackend({ engine: 'wasm' })
interface Jupyter { display: (data: Record<string, string>, options: { raw: true }) => Promise<void> }
const { jupyter } = (globalThis as unknown as { Deno: { jupyter: Jupyter } }).Deno

/** How much was printed and shown: whether all of it has arrived can then be checked. */
export const count = { lines: 0, figures: 0 }

/** Prints lines. */
export function print(text: string): void {
  console.log(text)
  count.lines += text.split('\n').length
}

/** Shows an SVG figure as a PNG. */
export async function show(svg: string): Promise<void> {
  const png = Buffer.from(await renderPng(svg, { scale: 1.5 })).toString('base64')
  // Deno's kernel drops what it is to send while a picture is on its way; the program that runs this notebook asks for longer pauses where something was lost
  const pause = () => new Promise((resolve) => setTimeout(resolve, Number(process.env['SBGM_NOTEBOOK_PAUSES'] ?? 1) * (100 + png.length / 2000)))
  await pause()
  await jupyter.display({ 'image/png': png }, { raw: true })
  count.figures++
  await pause()
}

/** Weights that the program trained, what their network is made of, and the images it was trained on. */
export function trainedWeights<Options>(path: string): { tensors: HostArrays; options: Options; dataset?: string | undefined } {
  const { tensors, metadata } = decodeSafetensors(readFileSync(path))
  return { tensors, options: JSON.parse(metadata['network'] ?? '{}') as Options, dataset: metadata['dataset'] }
}

/** What is trained, and how. */
interface Training {
  title: string
  params: Params
  loss: Loss
  batch: (step: number) => HostBatch
  steps: number
  learningRate: number
  averageDecay: number
}

/** Trains by AdamW and draws the loss; the averaged weights. */
export async function trained(what: Training): Promise<Params> {
  const { title, params, loss, batch, steps, learningRate, averageDecay } = what
  const training = train({
    runner: eagerRunner(trainStep({ layout: parameterLayout(params), optimizer: adamW(), loss })),
    params, batch, steps,
    learningRate: cosineDecay({ peak: learningRate, steps, warmup: 5 }),
    averageDecay: emaDecay(averageDecay),
  })
  const losses: number[] = []
  let event = await training.next()
  for (; !event.done; event = await training.next()) losses.push(event.value.loss)
  dispose({ ...event.value.params })
  const curve = panel({
    x: { label: 'training step' }, y: { label: 'loss', scale: 'log' },
    layers: [line({ x: losses.map((_, i) => i + 1), y: losses, color: linePalette.blue })],
  })
  await show(figure({ title, subtitle: `${steps} steps, made by this cell`, width: 760, rows: [{ height: 200, cells: [curve] }] }))
  return event.value.average
}
print(`seed ${seed}, profile ${profile}; TensorFlow.js ${backend.version} on ${backend.backend}`)
