import { describe, expect, it } from 'vitest'
import { cosineVpSde } from './cosine-vp-sde'
import { edmSde } from './edm-sde'
import { InvalidArgumentError } from './errors'
import { karrasGrid } from './karras-grid'
import { subVpSde } from './sub-vp-sde'
import { lambdaGrid, timeGrid, uniformGrid } from './time-grid'
import { veSde } from './ve-sde'
import { vpSde } from './vp-sde'

describe('the ρ grid', () => {
  it('is eq. 5 with σ from 80 to 0.002 in 18 levels and a 0 after them, under EDM (relative 1e-13)', () => {
    const grid = timeGrid([...karrasGrid(edmSde().schedule, { from: 80, to: 0.002, steps: 17 }), 0])
    const level = (i: number) => (80 ** (1 / 7) + (i / 17) * (0.002 ** (1 / 7) - 80 ** (1 / 7))) ** 7
    expect(grid.length).toBe(19)
    expect([grid[0], grid[17], grid[18]]).toEqual([80, 0.002, 0])
    for (let i = 0; i < 18; i++) expect(Math.abs(grid[i] / level(i) - 1)).toBeLessThan(1e-13)
  })

  it.each([vpSde(), subVpSde(), veSde(), cosineVpSde()])('of $name has equal steps in (σ/α)^(1/ρ) (1e-9 of the whole) and exact ends, either way', ({ schedule, tMax }) => {
    for (const rho of [1, 3, 7]) {
      for (const [from, to] of [[tMax, 1e-3], [1e-3, tMax]] as const) {
        const grid = karrasGrid(schedule, { from, to, steps: 12, rho })
        const warped = Array.from(grid, (t) => (schedule.sigma(t) / schedule.alpha(t)) ** (1 / rho))
        expect([grid[0], grid[12]]).toEqual([from, to])
        const whole = warped[12] - warped[0]
        for (let i = 0; i < 12; i++) expect(Math.abs((warped[i + 1] - warped[i]) / whole - 1 / 12)).toBeLessThan(1e-9)
      }
    }
  })

  it('may end where σ = 0, or begin there: y_i = y_0 (1 − i/N)^ρ (relative 1e-12)', () => {
    const { schedule } = vpSde()
    const down = karrasGrid(schedule, { from: 1, to: 0, steps: 5 })
    const y = (t: number) => schedule.sigma(t) / schedule.alpha(t)
    expect(down[5]).toBe(0)
    for (let i = 0; i < 5; i++) expect(Math.abs(y(down[i]) / (y(1) * (1 - i / 5) ** 7) - 1)).toBeLessThan(1e-12)
    const up = karrasGrid(schedule, { from: 0, to: 1, steps: 5 })
    for (let i = 0; i <= 5; i++) expect(Math.abs(up[i] - down[5 - i])).toBeLessThan(1e-12)
  })

  it('is the uniform grid of EDM at ρ = 1 (1e-12), and near its λ grid at ρ = 1e6 (1e-3)', () => {
    const { schedule } = edmSde()
    const ends = { from: 80, to: 2, steps: 10 }
    uniformGrid(ends).forEach((t, i) => expect(Math.abs(karrasGrid(schedule, { ...ends, rho: 1 })[i] - t)).toBeLessThan(1e-12))
    lambdaGrid(schedule, ends).forEach((t, i) => expect(Math.abs(karrasGrid(schedule, { ...ends, rho: 1e6 })[i] / t - 1)).toBeLessThan(1e-3))
  })

  it.each([
    ['a ρ below 1', { rho: 0.5 }, 'rho must be a finite number of at least 1; got 0.5.'],
    ['an infinite ρ', { rho: Infinity }, 'rho must be a finite number of at least 1; got Infinity.'],
    ['no steps', { steps: 0 }, 'steps must be an integer of at least 1; got 0.'],
    ['ends that are one', { to: 1 }, 'to must be another time than from (1); got 1.'],
  ])('refuses %s', (_, change, message) => {
    const make = () => karrasGrid(vpSde().schedule, { from: 1, to: 0.1, steps: 4, ...change })
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
  })
})
