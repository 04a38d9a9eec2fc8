import '@tensorflow/tfjs-backend-cpu'
import { hostSpace, tensorSpace, type HostState } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { setBackend, zeros } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { brownianPath } from './brownian-path'

beforeAll(() => setBackend('cpu'))

/** Draw number j is the unit vector e_j in every sample: an increment then shows its factors on the draws, and products of rows are covariances. */
const dimensions = 40
const unitDraw = (draw: number, batch: number): HostState => {
  const data = new Float64Array(batch * dimensions)
  for (let sample = 0; sample < batch; sample++) data[sample * dimensions + draw] = 1
  return { data, shape: [batch, dimensions] }
}
const rowOf = (x: HostState, sample: number) => x.data.slice(sample * dimensions, (sample + 1) * dimensions)
const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, i) => sum + value * b[i], 0)

/** A stretch of time and the increment over it. */
interface Stretch {
  readonly from: number
  readonly to: number
  readonly increment: Float64Array
}

/** How long two stretches overlap: the covariance of their increments. */
const overlap = (a: Stretch, b: Stretch) =>
  Math.max(0, Math.min(Math.max(a.from, a.to), Math.max(b.from, b.to)) - Math.max(Math.min(a.from, a.to), Math.min(b.from, b.to)))

/** Takes steps to these times, per sample in lockstep; a step is taken if its verdict is 1, else it was a trial. */
function walk(start: number, script: readonly (readonly (readonly [to: number, isTaken: 0 | 1])[])[]): readonly (readonly Stretch[])[] {
  const batch = script[0].length
  const path = brownianPath(hostSpace, batch)
  const at = new Float64Array(batch).fill(start)
  const stretches: Stretch[][] = Array.from({ length: batch }, () => [])
  script.forEach((trials, draw) => {
    const to = Float64Array.from(trials, ([time]) => time)
    const increment = path.increment(at, to, unitDraw(draw, batch))
    trials.forEach(([time], sample) => stretches[sample].push({ from: at[sample], to: time, increment: rowOf(increment, sample) }))
    path.pass(Uint8Array.from(trials, ([, isTaken]) => isTaken), to)
    trials.forEach(([time, isTaken], sample) => {
      if (isTaken) at[sample] = time
    })
  })
  path.release()
  return stretches
}

/** Rejected twice and thrice, steps over one, two and all known stretches, steps that end inside one and beyond all, one that stands still. A rejected step may cross several known stretches. */
const script = [
  [[0.4, 0], [0.9, 1], [0.2, 0]],
  [[0.7, 0], [0.85, 0], [0.6, 0]],
  [[0.8, 0], [0.89, 1], [0.8, 0]],
  [[0.9, 1], [0.5, 0], [0.9, 0]],
  [[0.75, 1], [0.7, 0], [0.95, 1]],
  [[0.3, 0], [0.6, 1], [0.7, 1]],
  [[0.5, 1], [0.6, 1], [0.1, 1]],
  [[0.4, 1], [0.55, 1], [0.1, 1]],
  [[0.1, 1], [0.1, 1], [0.1, 1]],
] as const

describe('the path of rejected steps', () => {
  it.each([
    { direction: 'down from 1', start: 1, at: (time: number) => time },
    { direction: 'up from 0', start: 0, at: (time: number) => 1 - time },
  ])('is Brownian, $direction: all increments of all trials have the overlap of their stretches as covariance, exactly (1e-14)', ({ start, at }) => {
    const stretches = walk(start, script.map((trials) => trials.map(([time, taken]) => [at(time), taken] as const)))
    for (const ofSample of stretches) {
      for (const a of ofSample) for (const b of ofSample) expect(Math.abs(product(a.increment, b.increment) - overlap(a, b))).toBeLessThan(1e-14)
    }
  })

  it('is one path: the increments of a stretch that was crossed in parts add up to the one that was known (1e-15)', () => {
    const [[whole, first, second, third]] = walk(1, [[[0.2, 0]], [[0.7, 1]], [[0.5, 1]], [[0.2, 1]]])
    whole.increment.forEach((value, i) => expect(Math.abs(value - first.increment[i] - second.increment[i] - third.increment[i])).toBeLessThan(1e-15))
  })

  it('of a sample does not depend on its neighbours, to the bit', () => {
    const together = walk(1, script)
    together.forEach((stretches, sample) => {
      const [alone] = walk(1, script.map((trials) => [trials[sample]]))
      expect(alone).toEqual(stretches)
    })
  })

  it('frees all that it remembers', async () => {
    const leak = await tensorLeak(() => {
      const path = brownianPath(tensorSpace, 3)
      const at = new Float64Array(3).fill(1)
      for (const trials of script as readonly (readonly (readonly [to: number, isTaken: 0 | 1])[])[]) {
        const draw = zeros([3, 2])
        const to = Float64Array.from(trials, ([time]) => time)
        const increment = path.increment(at, to, draw)
        path.pass(Uint8Array.from(trials, ([, isTaken]) => isTaken), to)
        trials.forEach(([time, isTaken], sample) => isTaken && (at[sample] = time))
        increment.dispose()
        draw.dispose()
      }
      path.release()
    })
    expect(leak).toEqual(noLeak)
  })
})
