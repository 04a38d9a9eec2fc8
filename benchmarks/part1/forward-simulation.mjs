/*
 * The forward VP SDE by Euler–Maruyama, 100,000 points × 1000 steps: the library on each backend against numpy on one
 * thread, in float32 and float64. All take turns in one run; medians, and ratios to numpy's float64.
 *
 *   npm run build && node benchmarks/part1/forward-simulation.mjs [rounds]
 */
import { openBackend } from '@sbgm/backends'
import { eulerMaruyama, lastState } from '@sbgm/samplers'
import { forwardSde, scalarMixtureTarget, tensorSpace, uniformGrid, vpSde } from '@sbgm/sde-core'
import { median, pythonTwin } from '../python-twin.mjs'

const POINTS = 100_000
const STEPS = 1000
const STEPS_PER_TURN = 100 // a tenth of the whole per turn, so that the turns stay short
const rounds = Number(process.argv[2] ?? 5)

const sde = vpSde()
const target = scalarMixtureTarget({ sde, weights: [0.5, 0.5], means: [-3, 3], stds: [0.5, 0.5] })
const numpy = await pythonTwin(new URL('numpy_twin.py', import.meta.url), [String(POINTS), String(STEPS_PER_TURN)])
const costs = new Map()
const note = (name, seconds) => costs.set(name, [...(costs.get(name) ?? []), seconds * (STEPS / STEPS_PER_TURN)])

for (let round = 0; round <= rounds; round++) {
  for (const engine of ['wasm', 'cpu']) {
    const backend = await openBackend({ engine })
    const x = target.draw(tensorSpace, { count: POINTS, seed: 0 })
    const began = performance.now()
    const end = await lastState({
      dynamics: forwardSde(sde, tensorSpace),
      sampler: eulerMaruyama(),
      grid: uniformGrid({ from: 0, to: STEPS_PER_TURN / STEPS, steps: STEPS_PER_TURN }),
      space: tensorSpace,
      x,
      seed: round,
    })
    const seconds = (performance.now() - began) / 1000
    tensorSpace.release(x, end)
    await backend.close()
    if (round > 0) note(`@sbgm/samplers on ${engine}`, seconds) // round 0 warms up
  }
  if (!numpy) continue
  for (const type of ['float32', 'float64']) {
    const seconds = Number(await numpy.ask(type))
    if (round > 0) note(`numpy ${numpy.version}, ${type}`, seconds)
  }
}
numpy?.stop()

const reference = numpy && median(costs.get(`numpy ${numpy.version}, float64`))
console.log(`${POINTS} points × ${STEPS} steps, median of ${rounds} turns of ${STEPS_PER_TURN} steps, scaled`)
for (const [name, seconds] of costs) {
  const ratio = reference === undefined ? '' : `  ${(median(seconds) / reference).toFixed(2)} × numpy float64`
  console.log(`  ${name.padEnd(32)}${median(seconds).toFixed(2).padStart(7)} s${ratio}`)
}
if (!numpy) console.log('  no Python with numpy was found, so no ratio')
