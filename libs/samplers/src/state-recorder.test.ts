import { forwardSde, hostSpace, InvalidArgumentError, samplePrior, uniformGrid, vpSde, type HostState, type VectorSpace } from '@sbgm/sde-core'
import { expect, it } from 'vitest'
import { eulerMaruyama } from './euler-maruyama'
import { record } from './record'
import { sample } from './sample'
import { recordStates } from './state-recorder'

const sde = vpSde()
const x = samplePrior<HostState>({ sde, space: hostSpace, shape: [3, 2], seed: 4 })
const runIn = (space: VectorSpace<HostState>) => ({
  dynamics: forwardSde(sde, space), sampler: eulerMaruyama<HostState>(), grid: uniformGrid({ from: 0, to: 1, steps: 7 }), space, x, seed: 4,
})

it('a state recorder holds the start, every so many steps and the end, as the run itself yields them', async () => {
  const all = [x]
  for await (const event of sample(runIn(hostSpace))) all.push(event.x)
  const recorder = recordStates({ every: 3 })
  await record({ ...runIn(hostSpace), recorders: [recorder] })
  expect(recorder.states.map(({ index }) => index)).toEqual([0, 3, 6, 7])
  recorder.states.forEach(({ index, t, state }) => {
    expect(t).toBe(runIn(hostSpace).grid[index])
    expect(state).toEqual(all[index])
  })
})

it('states that no recorder wants are not read back', async () => {
  let reads = 0
  const counting: VectorSpace<HostState> = { ...hostSpace, toHost: (state) => (reads++, hostSpace.toHost(state)) }
  await record({ ...runIn(counting), recorders: [recordStates({ every: 4 })] })
  expect(reads).toBe(3) // after 0, 4 and 7 steps
})

it.each([0, -1, 1.5, NaN])('every = %s is refused', (every) => {
  expect(() => recordStates({ every })).toThrow(InvalidArgumentError)
})
