import {
  abs,
  add,
  concat,
  div,
  maximum,
  mean,
  minimum,
  mul,
  reshape,
  slice,
  sqrt,
  square,
  tensor,
  tidy,
  where,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { InvalidArgumentError, ShapeError } from './errors'
import { hostSpace } from './host-space'
import { sizeOf } from './host-state'
import { fillNormal } from './noise/keyed-noise'
import { checkRows, concatenatedBatch } from './rows'
import type { Coefficient, VectorSpace } from './vector-space'

const checkSameShape = (first: Tensor, ...others: readonly Tensor[]): void => {
  for (const { shape } of others) {
    if (shape.length !== first.shape.length || shape.some((axis, i) => axis !== first.shape[i])) {
      throw new ShapeError('states that are combined', first.shape, shape)
    }
  }
}

/** A coefficient in a form that broadcasts over a state of this shape: a number, or a tensor (batch, 1, …, 1). */
const lifted = (coefficient: Coefficient, like: Tensor): number | Tensor => {
  if (typeof coefficient === 'number') return coefficient
  const [batch] = like.shape
  if (coefficient.length !== batch) throw new ShapeError('a coefficient per sample', [batch], [coefficient.length])
  return tensor(Float32Array.from(coefficient), [batch, ...like.shape.slice(1).map(() => 1)])
}

/** Per-sample mean over everything but the batch axis. */
const sampleMean = (x: Tensor): Tensor => mean(reshape(x, [x.shape[0], -1]), 1)

const readAndDispose = async (x: Tensor): Promise<Float64Array> => {
  try {
    return Float64Array.from(await x.data())
  } finally {
    x.dispose()
  }
}

/**
 * The vector space of TensorFlow.js tensors, on whichever backend is active, in float32.
 *
 * A coefficient for the whole batch is a number in the operation; one per sample travels to the backend as a tensor of
 * shape (batch, 1, …, 1). Noise is made on the host and uploaded; `quantile` reads the whole state back, `errorNorm` one
 * number per sample, `magnitude` one number.
 */
export const tensorSpace: VectorSpace<Tensor> = Object.freeze<VectorSpace<Tensor>>({
  name: 'tensor',
  shape: (x) => x.shape,
  combine(coefficients, states) {
    if (states.length === 0 || coefficients.length !== states.length) {
      throw new InvalidArgumentError('coefficients', coefficients, `one per state (${states.length} given), at least one`)
    }
    checkSameShape(states[0], ...states.slice(1))
    return tidy(() => {
      const terms = states.map((state, k) => (coefficients[k] === 1 ? state : mul(state, lifted(coefficients[k], state))))
      return terms.length === 1 && terms[0] === states[0] ? mul(states[0], 1) : terms.reduce((sum, term) => add(sum, term))
    })
  },
  select(mask, whereSet, whereClear) {
    checkSameShape(whereSet, whereClear)
    const [batch] = whereSet.shape
    if (mask.length !== batch) throw new ShapeError('mask', [batch], [mask.length])
    return tidy(() => {
      const size = sizeOf(whereSet.shape) / batch
      const expanded = new Uint8Array(whereSet.size)
      mask.forEach((set, sample) => expanded.fill(set ? 1 : 0, sample * size, (sample + 1) * size))
      return where(tensor(expanded, whereSet.shape, 'bool'), whereSet, whereClear)
    })
  },
  concat(states) {
    concatenatedBatch(states.map(({ shape }) => shape))
    return states.length === 1 ? mul(states[0], 1) : concat([...states])
  },
  slice(x, from, count) {
    checkRows(x.shape[0], from, count)
    return slice(x, [from, ...x.shape.slice(1).map(() => 0)], [count, ...x.shape.slice(1)])
  },
  clip: (x, low, high) => tidy(() => minimum(maximum(x, lifted(low, x)), lifted(high, x))), // clipByValue makes a bound of NaN on wasm
  async quantile(x, p) {
    return hostSpace.quantile(await tensorSpace.toHost(x), p)
  },
  errorNorm: (error, a, b, { absolute, relative }) =>
    readAndDispose(
      tidy(() => sqrt(sampleMean(square(div(error, add(mul(maximum(abs(a), abs(b)), relative), absolute)))))),
    ),
  magnitude: async (x) => (await readAndDispose(tidy(() => mean(abs(x)))))[0],
  normal(key, like) {
    const data = new Float32Array(like.size)
    fillNormal(data, like.size / Math.max(like.shape[0], 1), key)
    return tensor(data, like.shape)
  },
  fromHost: ({ data, shape }) => tensor(Float32Array.from(data), [...shape]),
  toHost: async (x) => ({ data: Float64Array.from(await x.data()), shape: x.shape }),
  implement: (operation) => operation.tensor,
  implementBinary: (operation) => operation.tensor,
  release(...states) {
    states.forEach((state) => state.dispose())
  },
})
