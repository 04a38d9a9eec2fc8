import { EigenvalueDecomposition, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { type FeatureStatistics, featureStatistics } from './feature-statistics'
import { frechetDistance } from './frechet-distance'
import { mulberry, normalSample, seeds } from './normal-law.fixture'
import { sampleMoments } from './sample-moments'

const statistics = (mean: number[], covariance: number[][]): FeatureStatistics =>
  ({ count: 100, dimension: mean.length, mean: Float64Array.from(mean), covariance: Float64Array.from(covariance.flat()) })
const diagonal = (variances: number[]) => variances.map((variance, i) => variances.map((_, j) => (i === j ? variance : 0)))

/** A rotation from the eigenvectors of a random symmetric matrix. */
function rotation(dimension: number, seed: number): Matrix {
  const draw = normalSample(dimension ** 2, seed)
  const square = Matrix.from1DArray(dimension, dimension, draw)
  return new EigenvalueDecomposition(square.clone().add(square.transpose()), { assumeSymmetric: true }).eigenvectorMatrix
}

/** Features with covariance about A Aᵀ, A random. */
function correlated(count: number, dimension: number, seed: number): Float64Array {
  const [mix, draws] = [normalSample(dimension ** 2, seed), normalSample(count * dimension, seed + 1)]
  return Float64Array.from(Matrix.from1DArray(count, dimension, draws).mmul(Matrix.from1DArray(dimension, dimension, mix)).to1DArray())
}

describe('featureStatistics', () => {
  it('of three vectors by hand', () => {
    const { count, mean, covariance } = featureStatistics([1, 0, 2, 3, 3, 3], 2)
    expect([count, ...mean]).toEqual([3, 2, 2])
    expect([...covariance]).toEqual([1, 1.5, 1.5, 3])
  })

  it('agree with sampleMoments in each dimension, and are symmetric (seed 1)', () => {
    const features = correlated(50, 3, seeds.law)
    const { mean, covariance } = featureStatistics(features, 3)
    for (let i = 0; i < 3; i++) {
      const column = sampleMoments(features.filter((_, at) => at % 3 === i))
      expect(mean[i]).toBeCloseTo(column.mean, 12)
      expect(covariance[4 * i]).toBeCloseTo(column.variance, 12)
      for (let j = 0; j < 3; j++) expect(covariance[3 * i + j]).toBe(covariance[3 * j + i])
    }
  })

  it('refuse a single vector, part of one, and what is not finite, by its row and column', () => {
    expect(() => featureStatistics([1, 2], 2)).toThrow('features must hold at least 2 vectors; got 1.')
    expect(() => featureStatistics([1, 2, 3], 2)).toThrow('whole rows of dimension = 2 numbers, at least one; got 3 numbers.')
    expect(() => featureStatistics([1, 2, 3, NaN], 2)).toThrow('got NaN at row 1, column 1')
    expect(() => featureStatistics([1, 2], 0)).toThrow('dimension must be a positive integer; got 0.')
    expect(() => featureStatistics(undefined as unknown as number[], 2)).toThrow(TypeError)
  })
})

describe('frechetDistance', () => {
  it('of laws with diagonal covariances is ‖μ₁ − μ₂‖² + Σ (σ₁ − σ₂)²', () => {
    const a = statistics([1, 2, 3], diagonal([4, 9, 0]))
    const b = statistics([0, 2, 5], diagonal([1, 25, 16]))
    expect(frechetDistance(a, b)).toBeCloseTo(1 + 4 + (1 + 4 + 16), 12)
  })

  it('of commuting covariances is that of their eigenvalues, whatever the rotation (seed 1, to 1e-12)', () => {
    const basis = rotation(6, seeds.law)
    const turned = (variances: number[]) => basis.mmul(Matrix.diag(variances)).mmul(basis.transpose()).to2DArray()
    const [first, second] = [[1, 2, 3, 4, 5, 6], [6, 0.5, 3, 0.01, 7, 1]]
    const expected = first.reduce((sum, value, i) => sum + (Math.sqrt(value) - Math.sqrt(second[i])) ** 2, 0)
    const zero = Array<number>(6).fill(0)
    expect(Math.abs(frechetDistance(statistics(zero, turned(first)), statistics(zero, turned(second))) - expected)).toBeLessThan(1e-12)
  })

  it('of covariances in two dimensions that do not commute is tr Σ₁ + tr Σ₂ − 2 √(tr Σ₁Σ₂ + 2 √(det Σ₁ det Σ₂))', () => {
    const [a, b] = [[[2, 1], [1, 3]], [[5, -1], [-1, 1]]]
    const trace = 2 * 5 + 2 * 1 * -1 + 3 * 1 // of the product
    expect(frechetDistance(statistics([0, 0], a), statistics([0, 0], b)))
      .toBeCloseTo(5 + 6 - 2 * Math.sqrt(trace + 2 * Math.sqrt(5 * 4)), 12)
  })

  it('of a law to itself is 0 to 1e-12 of its trace, with fewer vectors than dimensions too (seed 1)', () => {
    for (const count of [200, 12]) {
      const one = featureStatistics(correlated(count, 32, seeds.law), 32)
      expect(frechetDistance(one, one)).toBeLessThan(1e-12 * 32 * 32)
    }
  })

  it('is symmetric, and ‖d‖² for a translation by d (seeds 1 and 2)', () => {
    const [first, second] = [correlated(100, 8, seeds.law), correlated(20, 8, seeds.sample)]
    const [a, b] = [featureStatistics(first, 8), featureStatistics(second, 8)]
    expect(frechetDistance(a, b)).toBeCloseTo(frechetDistance(b, a), 10)
    expect(frechetDistance(a, b)).toBeGreaterThan(1)
    expect(frechetDistance(a, featureStatistics(first.map((value, at) => value + (at % 8)), 8))).toBeCloseTo(140, 10) // Σ i², i < 8
  })

  it('does not see a rotation of both (seeds 1, 2 and 3)', () => {
    const turn = rotation(8, seeds.other)
    const turned = (features: Float64Array) => Matrix.from1DArray(features.length / 8, 8, features).mmul(turn).to1DArray()
    const [first, second] = [correlated(100, 8, seeds.law), correlated(100, 8, seeds.sample)]
    const plain = frechetDistance(featureStatistics(first, 8), featureStatistics(second, 8))
    expect(frechetDistance(featureStatistics(turned(first), 8), featureStatistics(turned(second), 8)) / plain).toBeCloseTo(1, 11)
  })

  it('is finite for constant features and for fewer vectors than dimensions (seed 1)', () => {
    const constant = featureStatistics(new Float64Array(10 * 16), 16)
    const few = featureStatistics(correlated(5, 16, seeds.law), 16)
    const trace = few.covariance.reduce((sum, value, at) => sum + (at % 17 === 0 ? value : 0), 0)
    const square = few.mean.reduce((sum, value) => sum + value ** 2, 0)
    expect(frechetDistance(constant, few)).toBeCloseTo(trace + square, 9)
    expect(frechetDistance(constant, constant)).toBe(0)
  })

  it('of n draws of N(0, I) to the law is d/n + d(d + 1)/(4 (n − 1)) in the mean (seeds 100 to 299, d = 4, n = 1000, 5 standard errors)', () => {
    const [dimension, count] = [4, 1000]
    const law = statistics([0, 0, 0, 0], diagonal([1, 1, 1, 1]))
    const distances = Array.from({ length: 200 }, (_, repeat) =>
      frechetDistance(featureStatistics(normalSample(count * dimension, 100 + repeat), dimension), law))
    const { mean, meanError } = sampleMoments(distances)
    const expected = dimension / count + (dimension * (dimension + 1)) / (4 * (count - 1))
    // the next order is 1/n of this one, with a factor of order d: 1 % of it
    expect(Math.abs(mean - expected)).toBeLessThan(5 * meanError + 0.01 * expected)
  })

  it('grows with the difference of the laws (seed 2: uniform features, scaled)', () => {
    const next = mulberry(seeds.sample)
    const features = Float64Array.from({ length: 400 }, next)
    const scaled = (factor: number) => featureStatistics(features.map((value) => factor * (value - 0.5)), 4)
    const distances = [1, 1.1, 1.5, 2].map((factor) => frechetDistance(scaled(1), scaled(factor)))
    expect(distances).toEqual([...distances].sort((a, b) => a - b))
  })

  it('refuses other dimensions, arrays that do not fit them, and moments that are not finite', () => {
    const [two, three] = [statistics([0, 0], diagonal([1, 1])), statistics([0, 0, 0], diagonal([1, 1, 1]))]
    expect(() => frechetDistance(two, three)).toThrow('a and b must have one dimension; got 2 and 3.')
    expect(() => frechetDistance(two, { ...two, covariance: new Float64Array(3) })).toThrow('b must hold 2 means and 2 × 2 covariances; got 2 and 3.')
    expect(() => frechetDistance(statistics([0, Infinity], diagonal([1, 1])), two)).toThrow('a.mean must be finite; got Infinity at index 1.')
  })
})
