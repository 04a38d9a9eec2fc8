import { describe, expect, it } from 'vitest'
import { quadraticGrid } from './quadratic-grid'

describe('the quadratic grid', () => {
  it('has equal steps in √t (1e-14) and exact ends, either way, 0 included', () => {
    for (const [from, to] of [[1, 0], [0, 1], [1, 1e-3]] as const) {
      const grid = quadraticGrid({ from, to, steps: 9 })
      expect([grid.length, grid[0], grid[9]]).toEqual([10, from, to])
      const roots = Array.from(grid, Math.sqrt)
      for (let i = 0; i < 9; i++) expect(Math.abs(roots[i + 1] - roots[i] - (roots[9] - roots[0]) / 9)).toBeLessThan(1e-14)
    }
  })

  it('from 1 to 0 in 4 steps is 1, 9/16, 1/4, 1/16, 0', () => {
    expect(Array.from(quadraticGrid({ from: 1, to: 0, steps: 4 }))).toEqual([1, 9 / 16, 1 / 4, 1 / 16, 0])
  })

  it('refuses what no grid can be', () => {
    expect(() => quadraticGrid({ from: 1, to: -1, steps: 4 })).toThrow('to must be a finite number of at least 0; got -1.')
    expect(() => quadraticGrid({ from: 1, to: 0, steps: 1.5 })).toThrow('steps must be an integer of at least 1; got 1.5.')
  })
})
