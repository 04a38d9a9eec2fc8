import { InvalidArgumentError, ShapeError } from './errors'
import { sizeOf, type HostState } from './host-state'
import { fillNormal } from './noise/keyed-noise'
import { checkRows, concatenatedBatch } from './rows'
import type { Coefficient, VectorSpace } from './vector-space'

const rowSize = (x: HostState): number => x.data.length / Math.max(x.shape[0], 1)

const at = (coefficient: Coefficient, sample: number): number =>
  typeof coefficient === 'number' ? coefficient : coefficient[sample]

const checkCoefficient = (coefficient: Coefficient, batch: number): void => {
  if (typeof coefficient !== 'number' && coefficient.length !== batch) {
    throw new ShapeError('a coefficient per sample', [batch], [coefficient.length])
  }
}

const checkSameShape = (first: HostState, ...others: readonly HostState[]): void => {
  for (const { shape } of others) {
    if (shape.length !== first.shape.length || shape.some((axis, i) => axis !== first.shape[i])) {
      throw new ShapeError('states that are combined', first.shape, shape)
    }
  }
}

/** A new state whose element i is f(i, sample of i). */
const build = (like: HostState, f: (index: number, sample: number) => number): HostState => {
  const [data, size] = [new Float64Array(like.data.length), rowSize(like)]
  for (let index = 0, sample = 0; index < data.length; sample++) {
    for (const end = index + size; index < end; index++) data[index] = f(index, sample)
  }
  return { data, shape: like.shape }
}

/** One number per sample from its elements. */
const perSample = (x: HostState, f: (from: number, to: number) => number): Float64Array => {
  const size = rowSize(x)
  return Float64Array.from({ length: x.shape[0] }, (_, i) => f(i * size, (i + 1) * size))
}

/**
 * The vector space of host float64 arrays: for small problems, and for proofs that float32 cannot show.
 *
 * Its noise is made in float64 too, so a run in {@link tensorSpace} with the same keys gets these numbers, rounded. There
 * is nothing to free: `release` does nothing.
 */
export const hostSpace: VectorSpace<HostState> = Object.freeze<VectorSpace<HostState>>({
  name: 'host',
  shape: (x) => x.shape,
  combine(coefficients, states) {
    if (states.length === 0 || coefficients.length !== states.length) {
      throw new InvalidArgumentError('coefficients', coefficients, `one per state (${states.length} given), at least one`)
    }
    checkSameShape(states[0], ...states.slice(1))
    coefficients.forEach((coefficient) => checkCoefficient(coefficient, states[0].shape[0]))
    const size = rowSize(states[0])
    const data = new Float64Array(states[0].data.length)
    states.forEach((state, k) => {
      for (let index = 0, sample = 0; index < data.length; sample++) {
        const coefficient = at(coefficients[k], sample)
        for (const end = index + size; index < end; index++) data[index] += coefficient * state.data[index]
      }
    })
    return { data, shape: states[0].shape }
  },
  select(mask, whereSet, whereClear) {
    checkSameShape(whereSet, whereClear)
    if (mask.length !== whereSet.shape[0]) throw new ShapeError('mask', [whereSet.shape[0]], [mask.length])
    return build(whereSet, (index, sample) => (mask[sample] ? whereSet.data[index] : whereClear.data[index]))
  },
  concat(states) {
    const batch = concatenatedBatch(states.map(({ shape }) => shape))
    const data = new Float64Array(batch * rowSize(states[0]))
    let from = 0
    for (const state of states) {
      data.set(state.data, from)
      from += state.data.length
    }
    return { data, shape: [batch, ...states[0].shape.slice(1)] }
  },
  slice(x, from, count) {
    checkRows(x.shape[0], from, count)
    const size = rowSize(x)
    return { data: x.data.slice(from * size, (from + count) * size), shape: [count, ...x.shape.slice(1)] }
  },
  clip(x, low, high) {
    checkCoefficient(low, x.shape[0])
    checkCoefficient(high, x.shape[0])
    return build(x, (index, sample) => Math.min(Math.max(x.data[index], at(low, sample)), at(high, sample)))
  },
  quantile: async (x, p) => {
    if (!(p >= 0 && p <= 1)) throw new InvalidArgumentError('p', p, 'between 0 and 1')
    return perSample(x, (from, to) => {
      const sorted = x.data.slice(from, to).map(Math.abs).sort()
      const rank = p * (sorted.length - 1)
      const below = Math.floor(rank)
      return sorted[below] + (rank - below) * (sorted[Math.min(below + 1, sorted.length - 1)] - sorted[below])
    })
  },
  errorNorm: async (error, a, b, { absolute, relative }) => {
    checkSameShape(error, a, b)
    return perSample(error, (from, to) => {
      let sum = 0
      for (let i = from; i < to; i++) {
        sum += (error.data[i] / (absolute + relative * Math.max(Math.abs(a.data[i]), Math.abs(b.data[i])))) ** 2
      }
      return Math.sqrt(sum / (to - from))
    })
  },
  magnitude: async (x) => x.data.reduce((sum, value) => sum + Math.abs(value), 0) / x.data.length,
  normal(key, like) {
    const data = new Float64Array(sizeOf(like.shape))
    fillNormal(data, rowSize(like), key)
    return { data, shape: like.shape }
  },
  fromHost: (state) => ({ data: state.data.slice(), shape: state.shape }),
  toHost: async (x) => ({ data: x.data.slice(), shape: x.shape }),
  implement: (operation) => operation.host,
  implementBinary: (operation) => operation.host,
  release: () => {},
})
