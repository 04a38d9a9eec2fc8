// A sampler of one's own, the midpoint method, with a certificate: its order on a law whose flow is known, and that it leaves no tensor behind.
import '@tensorflow/tfjs-backend-cpu'
import { lastState } from '@sbgm/samplers'
import { gaussianTarget, hostSpace, hostState, lambdaGrid, memoryless, probabilityFlow, tensorSpace, timesOf, vpSde } from '@sbgm/sde-core'
import { convergenceOrder, tensorLeak } from '@sbgm/sde-core/testing'

/** x_s = x_t + (s − t) drift at the middle of the step, where Euler's method leads: written once, for tensors and for float64. */
const midpoint = () => ({
  name: 'midpoint',
  order: 2,
  evaluationsPerStep: 2,
  stochastic: false,
  init: () => memoryless,
  async step({ x, t, s, dynamics, space, state, constrain }) {
    const made = [await dynamics.drift(x, timesOf(space, x, t))]
    try {
      made.push(space.combine([1, (s - t) / 2], [x, made[0]]))
      made.push(await dynamics.drift(made[1], timesOf(space, x, (s + t) / 2)))
      return { x: constrain(space.combine([1, s - t], [x, made[2]]), s), state }
    } finally {
      space.release(...made)
    }
  },
})

const sde = vpSde()
const law = gaussianTarget({ sde, mean: 0.5, std: 0.5 })
const grid = (steps) => lambdaGrid(sde.schedule, { from: 1, to: 1e-2, steps })
const runIn = (space) => ({ dynamics: probabilityFlow(sde, law.predictor('score', space), space), sampler: midpoint(), space, seed: 0 })

const x = hostState([-1, 0.3, 2])
const exact = law.flowMap(x, 1, 1e-2).data
const errors = []
for (const steps of [40, 80, 160, 320]) {
  const { data } = await lastState({ ...runIn(hostSpace), grid: grid(steps), x })
  errors.push(Math.max(...data.map((value, i) => Math.abs(value - exact[i]))))
}
console.log('errors', errors.map((error) => error.toExponential(1)).join(', '))
console.log(`order ${convergenceOrder(errors).finest.toFixed(2)}, declared ${midpoint().order}`)

const leak = await tensorLeak(async () => {
  const start = tensorSpace.fromHost(x)
  const end = await lastState({ ...runIn(tensorSpace), grid: grid(10), x: start })
  tensorSpace.release(start, end)
})
console.log(`tensors left behind: ${leak.tensors}`)
