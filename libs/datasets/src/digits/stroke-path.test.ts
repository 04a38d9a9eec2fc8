import { expect, it } from 'vitest'
import { strokePath } from './stroke-path'

const pointsOf = (path: Float64Array): readonly (readonly [number, number])[] =>
  Array.from({ length: path.length / 2 }, (_, i) => [path[2 * i], path[2 * i + 1]] as const)

it('a path passes each point of its stroke, in order (1e-15)', () => {
  const stroke = [[0, 0], [1, 0.5], [0.5, 1, 'corner'], [-1, 0.2], [-1, -0.3]] as const
  const path = pointsOf(strokePath(stroke))
  const pieces = (path.length - 1) / (stroke.length - 1)
  expect(Number.isInteger(pieces)).toBe(true)
  stroke.forEach(([x, y], i) => {
    expect(Math.abs(path[i * pieces][0] - x)).toBeLessThan(1e-15)
    expect(Math.abs(path[i * pieces][1] - y)).toBeLessThan(1e-15)
  })
})

it('a path through points on a line, at equal distances, is that line (1e-15)', () => {
  pointsOf(strokePath([[-1, 2], [0, 1], [1, 0], [2, -1]])).forEach(([x, y]) => expect(Math.abs(x + y - 1)).toBeLessThan(1e-15))
})

it('a corner breaks the curve: nothing beyond it bends the part before it', () => {
  const before = [[0, 0], [1, 0.5]] as const
  const [one, other] = [[2, -1], [-3, 2]].map(([x, y]) => strokePath([...before, [0.5, 1, 'corner'], [x, y]]))
  const [smoothOne, smoothOther] = [[2, -1], [-3, 2]].map(([x, y]) => strokePath([...before, [0.5, 1], [x, y]]))
  const untilCorner = (2 * (one.length / 2 - 1)) / 3 * 2
  expect(one.slice(0, untilCorner)).toEqual(other.slice(0, untilCorner))
  expect(smoothOne.slice(0, untilCorner)).not.toEqual(smoothOther.slice(0, untilCorner))
})
