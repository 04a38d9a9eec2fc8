/*
 * What a normal number costs: keyed noise (WebAssembly kernel, plain TypeScript) against numpy's standard_normal in
 * float64 on one thread. All take turns in one run, so that what else the machine does touches all alike; the best of
 * the rounds is reported.
 *
 *   node benchmarks/noise/keyed-noise.mjs [rounds]
 *
 * The bar: at most twice numpy's time per number, judged where a Python with numpy is found;
 * missing it makes exit code 1.
 */
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { pythonTwin } from '../python-twin.mjs'

const BAR = 2
const NUMBERS_PER_TURN = 2_000_000
const rounds = Number(process.argv[2] ?? 10)
const shapes = [
  [64, 28, 28, 1],
  [100_000, 1],
]

const { keyed, plain } = await loadNoise()
const numpy = await startNumpy()
const reference = numpy ? `numpy ${numpy.version}` : 'no python3 with numpy, so no ratio'
console.log(`node ${process.version}, ${reference}, best of ${rounds} rounds\n`)

let missed = false
for (const shape of shapes) {
  const [batch, ...rest] = shape
  const size = rest.reduce((product, length) => product * length, 1)
  const turns = new Map()
  if (numpy) turns.set('numpy standard_normal, float64', () => numpy.time(shape.join('x')))
  for (const Numbers of [Float32Array, Float64Array]) {
    const out = new Numbers(batch * size)
    const add = (name, fill) => {
      turns.set(`${name}, ${Numbers.name}`, () => time(out, (step) => fill(out, size, key(step))))
    }
    add('fillNormal', keyed.fillNormal)
    add('fillUniform', keyed.fillUniform)
    add('plain TypeScript fillNormal', plain.fillNormal)
  }
  const best = new Map()
  for (let round = 0; round < rounds; round++) {
    for (const [name, turn] of turns) best.set(name, Math.min(best.get(name) ?? Infinity, await turn()))
  }
  console.log(`(${shape.join(', ')})`)
  const numpyCost = best.get('numpy standard_normal, float64')
  for (const [name, cost] of best) {
    const ratio = numpyCost === undefined ? '' : `${(cost / numpyCost).toFixed(2)} × numpy`
    console.log(`  ${name.padEnd(44)}${cost.toFixed(1).padStart(6)} ns/number  ${ratio}`)
    if (/^fillNormal, Float/.test(name) && cost > BAR * numpyCost) missed = true
  }
  console.log('')
}
numpy?.stop()
if (numpy) console.log(`${missed ? 'Missed' : 'Held'}: fillNormal at most ${BAR} × numpy.`)
process.exitCode = missed ? 1 : 0

function key(step) {
  return { seed: 1, stream: 'benchmark', step, firstSample: 0, draw: 0 }
}

/** Nanoseconds per number of filling `out` again and again, once per step. */
function time(out, fill) {
  const steps = Math.ceil(NUMBERS_PER_TURN / out.length)
  const start = performance.now()
  for (let step = 0; step < steps; step++) fill(step)
  return ((performance.now() - start) * 1e6) / (steps * out.length)
}

/** The library's noise from its source, and once more as it runs where WebAssembly is missing. */
async function loadNoise() {
  const entry = fileURLToPath(new URL('../../libs/sde-core/src/noise/keyed-noise.ts', import.meta.url))
  const bundle = async (define) => {
    const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: 'esm', write: false, define })
    return import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`)
  }
  return { keyed: await bundle({}), plain: await bundle({ globalThis: '{}' }) }
}

/** The numpy twin; undefined where Python or numpy is missing. */
async function startNumpy() {
  const twin = await pythonTwin(new URL('numpy_twin.py', import.meta.url), [String(NUMBERS_PER_TURN)])
  return twin && { version: twin.version, time: async (shape) => Number(await twin.ask(shape)), stop: twin.stop }
}
