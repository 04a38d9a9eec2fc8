import { hostSpace, hostState, lambdaGrid, probabilityFlow, quadraticGrid, scalarMixtureTarget, subVpSde, timesOf, vpSde, type HostState, type Sde, type TimeGrid } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { lastState } from './sample'
import { uniPc } from './uni-pc'

/** The solution of a small system by elimination with pivots. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]])
  rows.forEach((_, k) => {
    const pivot = rows.slice(k).reduce((best, row, i) => (Math.abs(row[k]) > Math.abs(rows[best][k]) ? k + i : best), k)
    ;[rows[k], rows[pivot]] = [rows[pivot], rows[k]]
    rows.forEach((row, i) => {
      if (i === k) return
      const factor = row[k] / rows[k][k]
      row.forEach((_value, j) => (row[j] -= factor * rows[k][j]))
    })
  })
  return rows.map((row, k) => row[rows.length] / row[k])
}

/** Algorithms 1 and 2 of the paper for one number, written with the state before each step kept, R_p and b_p solved, and φ in closed form. */
async function published(sde: Sde, grid: TimeGrid, order: 1 | 2 | 3, dataAt: (x: number, t: number) => Promise<number>, start: number, lowered: boolean): Promise<number> {
  const { alpha, sigma, lambda } = sde.schedule
  const steps = grid.length - 1
  const data = [await dataAt(start, grid[0])]
  let x = start
  for (let i = 1; i <= steps; i++) {
    const [t, s] = [grid[i - 1], grid[i]]
    const h = lambda(s) - lambda(t)
    const p = Math.min(order, i, lowered ? steps - i + 1 : order)
    const ratios = Array.from({ length: p - 1 }, (_, m) => (lambda(grid[i - 2 - m]) - lambda(t)) / h)
    const differences = ratios.map((ratio, m) => (data[i - 2 - m] - data[i - 1]) / ratio)
    const b = Math.expm1(-h)
    const rights: number[] = []
    let [psi, factorial] = [Math.expm1(-h) / -h - 1, 1]
    for (let k = 1; k <= p; k++) {
      rights.push((psi * factorial) / b)
      factorial *= k + 1
      psi = psi / -h - 1 / factorial
    }
    const powers = (nodes: readonly number[]) => nodes.map((_, k) => nodes.map((node) => node ** k))
    const rhoPredictor = p === 2 ? [0.5] : p === 1 ? [] : solve(powers(ratios), rights.slice(0, p - 1))
    const rhoCorrector = p === 1 ? [0.5] : solve(powers([...ratios, 1]), rights)
    const base = (sigma(s) / sigma(t)) * x - alpha(s) * b * data[i - 1]
    const sum = (rho: readonly number[], values: readonly number[]) => values.reduce((total, value, m) => total + rho[m] * value, 0)
    const predicted = base - alpha(s) * b * sum(rhoPredictor, differences)
    if (i === steps) return predicted
    data.push(await dataAt(predicted, s))
    x = base - alpha(s) * b * sum(rhoCorrector, [...differences, data[i] - data[i - 1]])
  }
  return x
}

describe.each([vpSde(), subVpSde()])('UniPC under the $name SDE', (sde) => {
  const target = scalarMixtureTarget({ sde, weights: [0.3, 0.5, 0.2], means: [-1.2, 0.4, 1.8], stds: [0.25, 0.35, 0.2] })
  const model = target.predictor('data', hostSpace)
  const dataAt = async (x: number, t: number) => (await model.evaluate(hostState([x]), timesOf(hostSpace, hostState([x]), t))).data[0]
  const dynamics = probabilityFlow(sde, model, hostSpace)

  it.each([1, 2, 3] as const)('of order %i is the published algorithm, to round-off, on even and uneven grids, with and without lower orders at the end (1e-11)', async (order) => {
    for (const steps of [1, 2, 3, 9]) {
      for (const grid of [lambdaGrid(sde.schedule, { from: 1, to: 0.01, steps }), quadraticGrid({ from: 1, to: 0.05, steps })]) {
        for (const lowerOrderFinal of ['always', 'never'] as const) {
          const end = await lastState({ dynamics, sampler: uniPc<HostState>({ order, lowerOrderFinal }), grid, space: hostSpace, x: hostState([-1.3]), seed: 0 })
          expect(Math.abs(end.data[0] - (await published(sde, grid, order, dataAt, -1.3, lowerOrderFinal === 'always')))).toBeLessThan(1e-11)
        }
      }
    }
  })
})
