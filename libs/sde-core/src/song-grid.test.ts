import { describe, expect, it } from 'vitest'
import { InvalidArgumentError } from './errors'
import { songGrid } from './song-grid'
import { uniformGrid } from './time-grid'

describe('the compatibility grid', () => {
  it('of 1000 steps and ε = 1e-3 is the uniform grid from 1 to 0 (1e-15)', () => {
    const uniform = uniformGrid({ from: 1, to: 0, steps: 1000 })
    songGrid({ steps: 1000 }).forEach((t, i) => expect(Math.abs(t - uniform[i])).toBeLessThan(1e-15))
    expect(songGrid({ steps: 1000 })[1000]).toBe(0)
  })

  it.each([2, 100, 2000])('of %i steps begins them at linspace(1, ε, N), and ends the last one a step of 1/N later, but not below 0', (steps) => {
    const grid = songGrid({ steps, to: 1e-3 })
    expect(grid.length).toBe(steps + 1)
    for (let i = 0; i < steps; i++) expect(Math.abs(grid[i] - (1 + ((1e-3 - 1) * i) / (steps - 1)))).toBeLessThan(1e-15)
    expect(grid[steps]).toBe(Math.max(0, 1e-3 - 1 / steps))
  })

  it.each([
    [{ steps: 1 }, 'steps must be an integer of at least 2; got 1.'],
    [{ steps: 10, to: 0 }, 'to must be between 0 and from (1), both excluded; got 0.'],
    [{ steps: 10, to: 2 }, 'to must be between 0 and from (1), both excluded; got 2.'],
    [{ steps: 10, from: -1 }, 'from must be a positive number; got -1.'],
  ])('refuses %o', (options, message) => {
    expect(() => songGrid(options)).toThrow(InvalidArgumentError)
    expect(() => songGrid(options)).toThrow(message)
  })
})
