// Noise becomes samples before one's eyes: 3000 points in the plane, drawn after each step of a sampler. No network, no server; the law is known exactly.
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-backend-webgl'
import '@tensorflow/tfjs-backend-webgpu'
import { dpmSolverPlusPlus2M, eulerMaruyama, sample } from '@sbgm/samplers'
import { lambdaGrid, mixtureTarget, probabilityFlow, reverseSde, samplePrior, tensorSpace as space, vpSde } from '@sbgm/sde-core'
import { getBackend, setBackend } from '@tensorflow/tfjs-core'

const sde = vpSde()
const turns = Array.from({ length: 8 }, (_, k) => (2 * Math.PI * k) / 8)
const law = mixtureTarget({ sde, weights: turns.map(() => 1 / 8), means: turns.map((turn) => [Math.cos(turn), Math.sin(turn)]), stds: turns.map(() => [0.08, 0.08]) })
const model = law.predictor('noise', space) // stands for your network

const ways = {
  'reverse SDE': { dynamics: reverseSde(sde, model, space), sampler: eulerMaruyama(), steps: 100 },
  'probability flow': { dynamics: probabilityFlow(sde, model, space), sampler: dpmSolverPlusPlus2M(), steps: 20 },
}

const [canvas, status, again, way] = ['canvas', 'output', 'button', 'select'].map((name) => document.querySelector(name))
const context = canvas.getContext('2d')

/** Draws points of the square [−2.5, 2.5]²: four pixels each, darker where they meet. */
function draw(points) {
  const image = context.createImageData(canvas.width, canvas.height)
  for (let i = 0; i < points.length; i += 2) {
    const [column, row] = [Math.floor((points[i] / 5 + 0.5) * image.width), Math.floor((0.5 - points[i + 1] / 5) * image.height)]
    for (const [x, y] of [[column, row], [column + 1, row], [column, row + 1], [column + 1, row + 1]]) {
      if (x < 0 || x >= image.width || y < 0 || y >= image.height) continue
      const at = 4 * (y * image.width + x)
      image.data.set([0, 114, 178, image.data[at + 3] + 100], at)
    }
  }
  context.putImageData(image, 0, 0)
}

const nextFrame = () => new Promise((resolve) => requestAnimationFrame(resolve))

let seed = 0
/** One run, from noise to data. */
async function run() {
  again.disabled = way.disabled = true
  const { steps, ...dynamicsAndSampler } = ways[way.value]
  const grid = lambdaGrid(sde.schedule, { from: 1, to: 1e-3, steps })
  const x = samplePrior({ sde, space, shape: [3000, 2], seed })
  draw(await x.data())
  for await (const { x: points, t, evaluations } of sample({ ...dynamicsAndSampler, grid, space, x, seed })) { // what it yields is lent until the next step
    draw(await points.data()) // never dataSync: WebGPU has no way to wait
    status.value = `t = ${t.toFixed(3)}, ${evaluations} evaluations, on ${getBackend()}`
    await nextFrame()
  }
  x.dispose() // the run borrowed it, and has disposed of all that it made
  seed++
  again.disabled = way.disabled = false
}

/** Activates the backend that the address names, as in ?backend=cpu, or else the first one that this browser has. */
async function activate() {
  const named = new URLSearchParams(location.search).get('backend')
  const webgpu = (await navigator.gpu?.requestAdapter()) ? ['webgpu'] : [] // asked first: a browser may have WebGPU and no GPU for it
  for (const name of named === null ? [...webgpu, 'webgl', 'cpu'] : [named]) {
    if (await setBackend(name).catch(() => false)) return
  }
}

await activate()
again.addEventListener('click', run)
way.addEventListener('change', run)
await run()
