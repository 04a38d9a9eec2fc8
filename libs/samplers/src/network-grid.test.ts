import { cosineVpSde, edmSde, InvalidArgumentError, subVpSde, veSde, vpSde } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { networkGrid } from './network-grid'

describe('the grid for networks', () => {
  it.each([vpSde(), subVpSde(), veSde(), edmSde(), cosineVpSde()])('goes under $name from λ = −3.2 to 4.5 in equal steps (1e-9)', (sde) => {
    const grid = networkGrid(sde, { steps: 7 })
    const lambdas = Array.from(grid, sde.schedule.lambda)
    lambdas.forEach((lambda, i) => expect(Math.abs(lambda - (-3.2 + 1.1 * i))).toBeLessThan(1e-9))
    expect(grid).toHaveLength(8)
  })

  it('is, in times of the VP SDE, from 0.80 to 1.1e-3', () => {
    const [first, last] = [networkGrid(vpSde(), { steps: 1 })[0], networkGrid(vpSde(), { steps: 1 })[1]]
    expect([first.toFixed(2), last.toPrecision(2)]).toEqual(['0.80', '0.0011'])
  })

  it('begins at tMax where there is no such noise', () => {
    expect(networkGrid(edmSde({ sigmaMax: 10 }), { steps: 3 })[0]).toBe(10)
    expect(networkGrid(vpSde(), { steps: 3, first: -100 })[0]).toBe(1)
  })

  it.each([
    ['an end before the beginning', () => networkGrid(vpSde(), { steps: 3, last: -4 }), 'last must be greater than first (-3.2) and at most λ(0) = Infinity; got -4.'],
    ['less noise than the SDE has at t = 0', () => networkGrid(veSde(), { steps: 3, last: 7 }), 'last must be greater than first (-3.2) and at most λ(0) = 4.6'],
    ['a beginning that is no number', () => networkGrid(vpSde(), { steps: 3, first: NaN }), 'first must be a finite value'],
    ['no steps', () => networkGrid(vpSde(), { steps: 0 }), 'steps must be an integer of at least 1; got 0.'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(InvalidArgumentError)
    expect(make).toThrow(message)
  })
})
