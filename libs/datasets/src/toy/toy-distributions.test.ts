import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { checkerboard } from './checkerboard'
import { scalarMixture } from './scalar-mixture'
import { swissRoll } from './swiss-roll'
import { twoMoons } from './two-moons'

const COUNT = 100_000
const mixture = scalarMixture({ weights: [0.3, 0.7], means: [-2, 1], stds: [0.5, 0.25] })
const all = [mixture, twoMoons(), checkerboard(), swissRoll()]

/** How many standard errors the mean of numbers is from what it should be, signless. */
function standardErrors(numbers: Float64Array, expected: number): number {
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (numbers.length - 1)
  return Math.abs(mean - expected) / Math.sqrt(variance / numbers.length)
}

const points = (data: Float64Array): readonly (readonly [number, number])[] =>
  Array.from({ length: data.length / 2 }, (_, i) => [data[2 * i], data[2 * i + 1]] as const)

describe.each(all)('the toy distribution $name', (toy) => {
  const { data, shape } = toy.draw({ count: 1000, seed: 1 })

  it('gives points of its dimension, each a function of seed, stream and index', () => {
    expect(shape).toEqual([1000, toy.dimension])
    expect(toy.draw({ count: 10, seed: 1 }).data).toEqual(data.slice(0, 10 * toy.dimension))
    expect(toy.draw({ count: 10, seed: 1, firstSample: 990 }).data).toEqual(data.slice(990 * toy.dimension))
    expect(toy.draw({ count: 1000, seed: 2 }).data).not.toEqual(data)
    expect(toy.draw({ count: 1000, seed: 1, stream: 'other' }).data).not.toEqual(data)
  })

  it('refuses to draw no points', () => {
    expect(() => toy.draw({ count: 0, seed: 1 })).toThrow(InvalidArgumentError)
    expect(() => toy.draw({ count: 1, seed: -1 })).toThrow(InvalidArgumentError)
  })
})

describe('means and second moments (n = 100,000, seed 4, 5 standard errors)', () => {
  const moments = (data: Float64Array, [x, y]: readonly number[], [xx, yy, xy]: readonly number[]) => {
    const of = (value: (x: number, y: number) => number) => Float64Array.from(points(data), ([px, py]) => value(px, py))
    return [
      standardErrors(of((px) => px), x), standardErrors(of((_, py) => py), y), standardErrors(of((px) => (px - x) ** 2), xx),
      standardErrors(of((_, py) => (py - y) ** 2), yy), standardErrors(of((px, py) => (px - x) * (py - y)), xy),
    ]
  }

  it('of the scalar mixture: 0.1 and 0.3 · 4.25 + 0.7 · 1.0625; the left part has weight 0.3', () => {
    const { data } = mixture.draw({ count: COUNT, seed: 4 })
    expect(standardErrors(data, 0.1)).toBeLessThan(5)
    expect(standardErrors(data.map((x) => x ** 2), 0.3 * 4.25 + 0.7 * 1.0625)).toBeLessThan(5)
    expect(standardErrors(data.map((x) => (x < -0.5 ? 1 : 0)), 0.3 * (1 - 0.00135))).toBeLessThan(5)
  })

  it('of two moons', () => {
    const { data } = twoMoons({ noise: 0.2 }).draw({ count: COUNT, seed: 4 })
    const covariance = [0.75 + 0.04, 9 / 16 - 1 / Math.PI + 0.04, 1 / 8 - 1 / Math.PI]
    moments(data, [0.5, 0.25], covariance).forEach((errors) => expect(errors).toBeLessThan(5))
  })

  it('of the checkerboard', () => {
    const { data } = checkerboard({ fields: 4, side: 3 }).draw({ count: COUNT, seed: 4 })
    moments(data, [0, 0], [9 / 12, 9 / 12, (3 / 4) ** 2 / 4]).forEach((errors) => expect(errors).toBeLessThan(5))
  })

  it('of the swiss roll (means)', () => {
    const { data } = swissRoll().draw({ count: COUNT, seed: 4 })
    expect(standardErrors(data.filter((_, at) => at % 2 === 0), 4 / (9 * Math.PI))).toBeLessThan(5)
    expect(standardErrors(data.filter((_, at) => at % 2 === 1), 4 / (27 * Math.PI ** 2))).toBeLessThan(5)
  })
})

describe('supports', () => {
  it('two moons without noise lie on their half circles to 1e-12', () => {
    points(twoMoons({ noise: 0 }).draw({ count: 1000, seed: 2 }).data).forEach(([x, y]) => {
      const distances = [Math.abs(Math.hypot(x, y) - 1) + Math.max(0, -y), Math.abs(Math.hypot(x - 1, y - 0.5) - 1) + Math.max(0, y - 0.5)]
      expect(Math.min(...distances)).toBeLessThan(1e-12)
    })
  })

  it('the checkerboard fills exactly the fields of even sum, all of them', () => {
    const fields = points(checkerboard({ fields: 6, side: 6 }).draw({ count: 2000, seed: 2 }).data).map(([x, y]) => [Math.floor(x + 3), Math.floor(y + 3)])
    fields.forEach(([column, row]) => expect([(column + row) % 2, column >= 0 && column < 6, row >= 0 && row < 6]).toEqual([0, true, true]))
    expect(new Set(fields.map(String)).size).toBe(18)
  })

  it('the swiss roll without noise lies on its spiral to 1e-12, radii uniform in (⅓, 1) (5 standard errors)', () => {
    const radii = Float64Array.from(points(swissRoll({ noise: 0 }).draw({ count: 10_000, seed: 2 }).data), ([x, y]) => {
      const angle = 4.5 * Math.PI * Math.hypot(x, y)
      expect(Math.hypot(x - Math.hypot(x, y) * Math.cos(angle), y - Math.hypot(x, y) * Math.sin(angle))).toBeLessThan(1e-12)
      return Math.hypot(x, y)
    })
    expect(standardErrors(radii, 2 / 3)).toBeLessThan(5)
    expect(standardErrors(radii.map((radius) => (radius - 2 / 3) ** 2), 4 / 9 / 12)).toBeLessThan(5)
  })
})

it.each([
  [() => scalarMixture({ weights: [0.5, 0.6], means: [0, 1], stds: [1, 1] }), 'weights must be of sum 1 (theirs is 1.1)'],
  [() => scalarMixture({ weights: [1.5, -0.5], means: [0, 1], stds: [1, 1] }), 'weights must be positive; got [1.5, -0.5].'],
  [() => scalarMixture({ weights: [1], means: [NaN], stds: [1] }), 'means must be finite; got [NaN].'],
  [() => scalarMixture({ weights: [1], means: [0], stds: [0] }), 'stds must be positive and finite; got [0].'],
  [() => checkerboard({ fields: 3 }), 'fields must be an even integer of at least 2; got 3.'],
  [() => checkerboard({ side: -1 }), 'side must be a positive number; got -1.'],
  [() => twoMoons({ noise: -0.1 }), 'noise must be a number of at least 0; got -0.1.'],
  [() => swissRoll({ noise: Infinity }), 'noise must be a number of at least 0; got Infinity.'],
])('a setting that breaks its rule is refused: %s', (make, message) => {
  expect(make).toThrow(InvalidArgumentError)
  expect(make).toThrow(message)
})

it('a mixture whose lists differ in length is refused', () => {
  expect(() => scalarMixture({ weights: [1], means: [0, 1], stds: [1] })).toThrow(ShapeError)
})
