import { add, mul, reshape, softmax, sub, sum, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core'
import { ShapeError } from '../errors'
import type { HostState } from '../host-state'
import type { Prediction } from '../prediction'
import type { Sde } from '../sde'
import { areShared, type Times } from '../times'
import type { TwofoldOperation } from '../vector-space'
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
      const rows = Array.from(areShared(times) ? times.subarray(0, 1) : times, tablesAt)
      /** The named table of each row as a tensor (rows, D, K): the components last, where softmax and sum are fast. */
      const stacked = (name: 'center' | 'precision' | 'constant' | 'slope'): Tensor => {
        const values = new Float32Array(rows.length * size * components)
        rows.forEach(({ [name]: table }, row) => {
          for (let k = 0; k < components; k++) {
            for (let d = 0; d < size; d++) values[(row * size + d) * components + k] = table[k * size + d]
          }
        })
        return tensor(values, [rows.length, size, components])
      }
      return tidy(() => {
        const gap = sub(stacked('center'), reshape(x, [-1, size, 1]))
        const u = mul(gap, stacked('precision'))
        const squared = mul(gap, u)
        const distance = size === 1 ? reshape(squared, [-1, components]) : sum(squared, 1)
        const logNorm = Float32Array.from(rows.flatMap((tables) => Array.from(tables.logNorm)))
        const responsibilities = softmax(sub(tensor(logNorm, [rows.length, components]), mul(distance, 0.5)))
        const parts = add(stacked('constant'), mul(u, stacked('slope')))
        return reshape(sum(mul(reshape(responsibilities, [-1, 1, components]), parts), 2), x.shape)
      })
    },
  }
}

/** Checks that a state holds samples of the law's size. */
export function checkSampleShape(shape: readonly number[], sampleShape: readonly number[]): void {
  if (shape.length !== sampleShape.length + 1 || sampleShape.some((axis, i) => axis !== shape[i + 1])) {
    throw new ShapeError('a state of this model', `(batch, ${sampleShape.join(', ')})`, shape)
  }
}
