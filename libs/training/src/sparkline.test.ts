import { InvalidArgumentError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { sparkline } from './sparkline'

describe('a curve in a line of text', () => {
  it('shows few values one by one, the least at the bottom and the greatest at the top', () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 20)).toBe('▁▂▃▄▅▆▇█')
    expect(sparkline([8, -1, 3.5], 3)).toBe('█▁▅')
  })

  it('averages many in equal shares', () => {
    expect(sparkline([0, 2, 5, 5, 10, 8], 3)).toBe('▁▅█') // 1, 5, 9
    expect(sparkline([9, 9, 9, 0, 0, 0, 0], 2)).toBe('█▁') // three and four of seven
    expect(sparkline(Float64Array.from({ length: 100_000 }, (_, i) => -i), 8)).toBe('█▇▆▅▄▃▂▁')
  })

  it('leaves out what is not finite, and leaves blank where nothing is', () => {
    expect(sparkline([1, NaN, NaN, NaN, Infinity, 3], 3)).toBe('▁ █')
    expect(sparkline([NaN, NaN], 2)).toBe('  ')
  })

  it('runs at the bottom for equal values, spans the largest numbers there are, and is empty for none', () => {
    expect(sparkline([5, 5, 5], 9)).toBe('▁▁▁')
    expect(sparkline([-Number.MAX_VALUE, Number.MAX_VALUE], 2)).toBe('▁█')
    expect(sparkline([], 5)).toBe('')
  })

  it.each([0, -1, 2.5, NaN])('refuses a width of %d', (width) => {
    expect(() => sparkline([1], width)).toThrow(InvalidArgumentError)
  })
})
