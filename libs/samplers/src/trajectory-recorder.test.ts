import '@tensorflow/tfjs-backend-cpu'
import { forwardSde, hostSpace, hostState, samplePrior, tensorSpace, uniformGrid, vpSde, type HostState } from '@sbgm/sde-core'
import { setBackend, type Tensor } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { eulerMaruyama } from './euler-maruyama'
import { record } from './record'
import { lastState, sample } from './sample'
import { recordTrajectories } from './trajectory-recorder'

beforeAll(() => setBackend('cpu'))

const sde = vpSde()
const grid = uniformGrid({ from: 0, to: 1, steps: 4 })

describe('a trajectory recorder', () => {
  it('holds, for each chosen sample, the states of the run, the initial one first (host, samples of two numbers)', async () => {
    const x = samplePrior<HostState>({ sde, space: hostSpace, shape: [6, 2], seed: 2 })
    const run = { dynamics: forwardSde(sde, hostSpace), sampler: eulerMaruyama<HostState>(), grid, space: hostSpace, x, seed: 2 }
    const states = [x]
    for await (const event of sample(run)) states.push(event.x)
    const trajectories = recordTrajectories([5, 0, 5])
    const end = await record({ ...run, recorders: [trajectories] })
    expect(trajectories.times).toEqual([...grid])
    expect(trajectories.paths).toEqual([5, 0, 5].map((index) => states.map(({ data }) => data.slice(2 * index, 2 * index + 2))))
    expect(end).toEqual(states[4])
  })

  it('holds the same on tensors (cpu), whose run returns its last state to the caller', async () => {
    const x = samplePrior<Tensor>({ sde, space: tensorSpace, shape: [3, 1], seed: 2 })
    const run = { dynamics: forwardSde(sde, tensorSpace), sampler: eulerMaruyama(), grid, space: tensorSpace, x, seed: 2 }
    const trajectories = recordTrajectories([1])
    const seen: number[] = []
    const end = await record({ ...run, recorders: [trajectories], onStep: ({ index }) => void seen.push(index) })
    const again = await lastState(run)
    expect(await end.data()).toEqual(await again.data())
    expect(trajectories.paths[0].at(-1)).toEqual(Float64Array.of((await end.data())[1]))
    expect(trajectories.paths[0][0]).toEqual(Float64Array.of((await x.data())[1]))
    expect(seen).toEqual([1, 2, 3, 4])
  })

  it('waits for onStep, so that it may hold a run up', async () => {
    const order: string[] = []
    await record({
      dynamics: forwardSde(sde, hostSpace),
      sampler: eulerMaruyama<HostState>(),
      grid: uniformGrid({ from: 0, to: 1, steps: 2 }),
      space: hostSpace,
      x: hostState([1]),
      seed: 0,
      recorders: [{ add: (t) => order.push(`note ${t}`) }],
      async onStep({ index }) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        order.push(`step ${index}`)
      },
    })
    expect(order).toEqual(['note 0', 'note 0.5', 'step 1', 'note 1', 'step 2'])
  })

  it('refuses indices that are no samples, and notes nothing then', () => {
    expect(() => recordTrajectories([0, -1])).toThrow('samples must be non-negative integers; got [0, -1].')
    expect(() => recordTrajectories([0.5])).toThrow('samples must be non-negative integers; got [0.5].')
    const trajectories = recordTrajectories([0, 2])
    expect(() => trajectories.add(0, hostState([1, 2]), 0)).toThrow('samples must be below the batch size (2); got [0, 2].')
    expect(trajectories).toMatchObject({ times: [], paths: [[], []] })
  })
})
