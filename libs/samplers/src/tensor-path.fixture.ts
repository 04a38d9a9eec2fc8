import { hostSpace, samplePrior, tensorSpace, type Dynamics, type Sampler, type Sde, type TimeGrid, type VectorSpace } from '@sbgm/sde-core'
import { expect, it } from 'vitest'
import { lastState, sample } from './sample'

/** A sampler at work, in any space. */
interface TensorPath {
  /** The SDE whose prior the runs begin with. */
  readonly sde: Sde
  /** What moves the states. */
  readonly dynamicsOf: <X>(space: VectorSpace<X>) => Dynamics<X>
  /** The sampler. */
  readonly make: <X>() => Sampler<X>
  /** The times of a run. */
  readonly grid: (steps: number) => TimeGrid
}

/** Registers what holds of every sampler on tensors: it follows its own float64 path, and a sample has the same bits in any batch. */
export function itRunsOnTensors({ sde, dynamicsOf, make, grid }: TensorPath): void {
  it('on tensors (cpu) follows float64: max|Δ| ≤ 1e-4 max|x| after 100 steps of 64 samples, seed 7', async () => {
    const runIn = <X>(space: VectorSpace<X>) =>
      lastState<X>({
        dynamics: dynamicsOf(space), sampler: make<X>(), space, seed: 7,
        grid: grid(100),
        x: samplePrior<X>({ sde, space, shape: [64, 1], seed: 7 }),
      })
    const [exact, onTensors] = [await runIn(hostSpace), await runIn(tensorSpace)]
    const { data } = await tensorSpace.toHost(onTensors)
    onTensors.dispose()
    const largest = Math.max(...exact.data.map(Math.abs))
    expect(largest).toBeGreaterThan(1)
    expect(Math.max(...exact.data.map((value, i) => Math.abs(data[i] - value)))).toBeLessThanOrEqual(1e-4 * largest)
  })

  it.each([
    { space: hostSpace, where: 'float64' },
    { space: tensorSpace, where: 'tensors (cpu)' },
  ] as readonly { space: VectorSpace<unknown>; where: string }[])('gives sample 7 of 64 the same bits alone, as firstSample 7, in $where, seed 3, at every step', async ({ space }) => {
    const pathOf = async (shape: readonly number[], firstSample: number, row: number) => {
      const path: number[] = []
      const x = samplePrior({ sde, space, seed: 3, shape, firstSample })
      for await (const event of sample({ dynamics: dynamicsOf(space), sampler: make<unknown>(), grid: grid(16), space, x, seed: 3, firstSample })) {
        path.push((await space.toHost(event.x)).data[row])
      }
      space.release(x)
      return path
    }
    const inBatch = await pathOf([64, 1], 0, 7)
    expect(await pathOf([1, 1], 7, 0)).toEqual(inBatch)
    expect(new Set(inBatch).size).toBe(16)
  })
}
