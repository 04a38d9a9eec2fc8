import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from './errors'
import { lambdaGrid, timeGrid, uniformGrid } from './time-grid'
import { edmSde } from './edm-sde'
import { subVpSde } from './sub-vp-sde'
import { vpSde } from './vp-sde'

describe('the uniform grid', () => {
  it('has N + 1 points, exact ends and equal steps (1e-15), either way', () => {
    for (const [from, to] of [[0, 1], [1, 1e-3]] as const) {
      const grid = uniformGrid({ from, to, steps: 7 })
      expect(grid.length).toBe(8)
      expect([grid[0], grid[7]]).toEqual([from, to])
      for (let i = 0; i < 7; i++) expect(Math.abs(grid[i + 1] - grid[i] - (to - from) / 7)).toBeLessThan(1e-15)
    }
  })

  it('may have a single step', () => {
    expect(Array.from(uniformGrid({ from: 1, to: 0, steps: 1 }))).toEqual([1, 0])
  })
})

describe('the λ grid', () => {
  it.each([vpSde(), subVpSde(), edmSde()])('of $name has equal steps in λ (1e-9) and exact ends, either way', (sde) => {
    for (const [from, to] of [[sde.tMax, 0.01], [0.01, sde.tMax]] as const) {
      const grid = lambdaGrid(sde.schedule, { from, to, steps: 20 })
      const lambdas = Array.from(grid, sde.schedule.lambda)
      expect([grid[0], grid[20]]).toEqual([from, to])
      for (let i = 0; i < 20; i++) expect(Math.abs(lambdas[i + 1] - lambdas[i] - (lambdas[20] - lambdas[0]) / 20)).toBeLessThan(1e-9)
    }
  })

  it('refuses an end where σ = 0', () => {
    expect(() => lambdaGrid(vpSde().schedule, { from: 1, to: 0, steps: 4 })).toThrow('to must be a time at which λ = ln(α/σ) is finite (σ > 0); got 0.')
  })
})

describe('a grid that is none', () => {
  it.each([
    ['not monotone', () => timeGrid([0, 0.5, 0.4]), 'times must be strictly monotone; points 1 and 2 are not; got [0.5, 0.4].'],
    ['standing still', () => timeGrid([0, 0.5, 0.5]), 'points 1 and 2'],
    ['standing still at once', () => timeGrid([0.5, 0.5]), 'points 0 and 1'],
    ['turning round', () => timeGrid([1, 0.5, 0.6]), 'points 1 and 2'],
    ['negative', () => timeGrid([0.5, -0.1]), 'times[1] must be a finite number of at least 0; got -0.1.'],
    ['not a number', () => timeGrid([0.5, NaN]), 'times[1]'],
    ['of one point', () => timeGrid([0.5]), 'at least two points'],
    ['of no step', () => uniformGrid({ from: 0, to: 1, steps: 0 }), 'steps must be an integer of at least 1; got 0.'],
    ['of half a step', () => lambdaGrid(vpSde().schedule, { from: 1, to: 0.1, steps: 0.5 }), 'steps must be'],
    ['going nowhere', () => uniformGrid({ from: 1, to: 1, steps: 3 }), 'to must be another time than from (1); got 1.'],
    ['from infinity', () => uniformGrid({ from: Infinity, to: 1, steps: 3 }), 'from must be'],
  ])('is refused: %s', (_, make, message) => {
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
  })
})
