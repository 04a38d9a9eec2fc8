import { add, mul, reshape, softmax, sub, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { ShapeError } from '../errors'
import type { HostState } from '../host-state'
import type { Prediction } from '../prediction'
import type { Sde } from '../sde'
import { areShared, type Times } from '../times'
import type { TwofoldBinaryOperation, TwofoldOperation } from '../vector-space'
import { mixtureTables, type MixtureLaw, type MixtureTables } from './mixture-law'

/** A function of time that remembers its last value: neighbouring samples mostly share their time. */
const remembering = <T>(f: (t: number) => T): ((t: number) => T) => {
  let last: { readonly t: number; readonly value: T } | undefined
  return (t) => {
    if (last?.t !== t) last = { t, value: f(t) }
    return last.value
  }
}

/**
 * ln Σ_k exp(logits_k); replaces the logits by their softmax, the responsibilities.
 *
 * @param logits - (K,), overwritten
 */
const normalise = (logits: Float64Array): number => {
  const top = logits.reduce((a, b) => Math.max(a, b), -Infinity)
  let total = 0
  for (let k = 0; k < logits.length; k++) total += logits[k] = Math.exp(logits[k] - top)
  for (let k = 0; k < logits.length; k++) logits[k] /= total
  return top + Math.log(total)
}

/** Fills `logits` with ln w_k N(x; …) for the sample of x that starts at `from`. */
const componentLogits = (law: MixtureLaw, tables: MixtureTables, x: Float64Array, from: number, logits: Float64Array): void => {
  const { components, size } = law
  for (let k = 0; k < components; k++) {
    let distance = 0
    for (let d = 0, i = k * size; d < size; d++, i++) distance += (tables.center[i] - x[from + d]) ** 2 * tables.precision[i]
    logits[k] = tables.logNorm[k] - 0.5 * distance
  }
}

/** ln p_t of each sample of a mixture. */
export function mixtureLogDensity(law: MixtureLaw, sde: Sde, { data, shape }: HostState, t: number): Float64Array {
  const tables = mixtureTables(law, sde, t, 'score')
  const logits = new Float64Array(law.components)
  return Float64Array.from({ length: shape[0] }, (_, sample) => {
    componentLogits(law, tables, data, sample * law.size, logits)
    return normalise(logits)
  })
}

/** The exact prediction of a mixture, on tensors and in float64. */
export function mixturePrediction(law: MixtureLaw, sde: Sde, predicts: Prediction): TwofoldOperation<[Times]> {
  const tablesAt = remembering((t) => mixtureTables(law, sde, t, predicts))
  const { components, size } = law
  return {
    host({ data, shape }, times) {
      const [result, logits] = [new Float64Array(data.length), new Float64Array(components)]
      for (let sample = 0, from = 0; sample < times.length; sample++, from += size) {
        const tables = tablesAt(times[sample])
        componentLogits(law, tables, data, from, logits)
        normalise(logits)
        for (let k = 0; k < components; k++) {
          for (let d = 0, i = k * size; d < size; d++, i++) {
            const u = (tables.center[i] - data[from + d]) * tables.precision[i]
            result[from + d] += logits[k] * (tables.constant[i] + tables.slope[i] * u)
          }
        }
      }
      return { data: result, shape }
    },
    tensor(x, times) {
      return tidy(() => {
        const { responsibilities, parts } = tensorParts(law, rowsAt(times, tablesAt), x)
        return reshape(sum(mul(responsibilities, parts), 2), x.shape)
      })
    },
  }
}

/**
 * The product of v with the Jacobian of the exact prediction p = Σ_k r_k q_k, q = constant + slope u, on tensors and in float64.
 * With ∂u/∂x = −1/v_k and ∂ ln r_k/∂x = u_k − Σ_j r_j u_j it is Σ_k r_k (a_k − Σ_j r_j a_j) u_k − v Σ_k r_k slope_k/v_k, a_k = v·q_k.
 */
export function mixtureVectorJacobian(law: MixtureLaw, sde: Sde, predicts: Prediction): TwofoldBinaryOperation<[Times]> {
  const tablesAt = remembering((t) => mixtureTables(law, sde, t, predicts))
  const { components, size } = law
  return {
    host({ data, shape }, v, times) {
      const [result, logits] = [new Float64Array(data.length), new Float64Array(components)]
      for (let sample = 0, from = 0; sample < times.length; sample++, from += size) {
        const tables = tablesAt(times[sample])
        const u = (i: number, d: number) => (tables.center[i] - data[from + d]) * tables.precision[i]
        componentLogits(law, tables, data, from, logits)
        normalise(logits)
        const onParts = Float64Array.from({ length: components }, (_, k) => {
          let product = 0
          for (let d = 0, i = k * size; d < size; d++, i++) product += v.data[from + d] * (tables.constant[i] + tables.slope[i] * u(i, d))
          return product
        })
        const mean = onParts.reduce((total, product, k) => total + logits[k] * product, 0)
        for (let k = 0; k < components; k++) {
          for (let d = 0, i = k * size; d < size; d++, i++) {
            result[from + d] += logits[k] * ((onParts[k] - mean) * u(i, d) - v.data[from + d] * tables.slope[i] * tables.precision[i])
          }
        }
      }
      return { data: result, shape }
    },
    tensor: (x, v, times) =>
      tidy(() => {
        const rows = rowsAt(times, tablesAt)
        const { responsibilities, u, parts } = tensorParts(law, rows, x)
        const column = reshape(v, [-1, size, 1])
        const onParts = sum(mul(column, parts), 1, true)
        const centred = sub(onParts, sum(mul(responsibilities, onParts), 2, true))
        const falling = mul(column, mul(stacked(law, rows, 'slope'), stacked(law, rows, 'precision')))
        return reshape(sum(mul(responsibilities, sub(mul(centred, u), falling)), 2), x.shape)
      }),
  }
}

/** The tables of each sample; of all of them at once where they share their time. */
const rowsAt = (times: Times, tablesAt: (t: number) => MixtureTables): readonly MixtureTables[] =>
  Array.from(areShared(times) ? times.subarray(0, 1) : times, tablesAt)

/** The named table of each row as a tensor (rows, D, K): the components last, where softmax and sum are fast. */
function stacked({ components, size }: MixtureLaw, rows: readonly MixtureTables[], name: 'center' | 'precision' | 'constant' | 'slope'): Tensor {
  const values = new Float32Array(rows.length * size * components)
  rows.forEach(({ [name]: table }, row) => {
    for (let k = 0; k < components; k++) {
      for (let d = 0; d < size; d++) values[(row * size + d) * components + k] = table[k * size + d]
    }
  })
  return tensor(values, [rows.length, size, components])
}

/** The responsibilities (batch, 1, K), u and constant + slope u (batch, D, K); to be called in a `tidy`. */
function tensorParts(law: MixtureLaw, rows: readonly MixtureTables[], x: Tensor): { responsibilities: Tensor; u: Tensor; parts: Tensor } {
  const { components, size } = law
  const gap = sub(stacked(law, rows, 'center'), reshape(x, [-1, size, 1]))
  const u = mul(gap, stacked(law, rows, 'precision'))
  const squared = mul(gap, u)
  const distance = size === 1 ? reshape(squared, [-1, components]) : sum(squared, 1)
  const logNorm = Float32Array.from(rows.flatMap((tables) => Array.from(tables.logNorm)))
  const responsibilities = softmax(sub(tensor(logNorm, [rows.length, components]), mul(distance, 0.5)))
  const parts = add(stacked(law, rows, 'constant'), mul(u, stacked(law, rows, 'slope')))
  return { responsibilities: reshape(responsibilities, [-1, 1, components]), u, parts }
}

/** Checks that a state holds samples of the law's size. */
export function checkSampleShape(shape: readonly number[], sampleShape: readonly number[]): void {
  if (shape.length !== sampleShape.length + 1 || sampleShape.some((axis, i) => axis !== shape[i + 1])) {
    throw new ShapeError('a state of this model', `(batch, ${sampleShape.join(', ')})`, shape)
  }
}
