import type { HostState, TwofoldBinaryOperation, TwofoldOperation } from '@sbgm/sde-core'
import { concat, mul, reshape, slice, sum, tidy } from '@tensorflow/tfjs-core'

/** Each sample's numbers in a row with those of another state behind them: (batch, …) and (batch, k) to (batch, D + k). */
export const appendColumns: TwofoldBinaryOperation<[]> = {
  tensor: (x, columns) => tidy(() => concat([reshape(x, [x.shape[0], -1]), reshape(columns, [x.shape[0], -1])], 1)),
  host(x, columns) {
    const [width, added] = [widthOf(x), widthOf(columns)]
    const data = new Float64Array(x.data.length + columns.data.length)
    for (let sample = 0; sample < x.shape[0]; sample++) {
      data.set(rowOf(x, sample), sample * (width + added))
      data.set(rowOf(columns, sample), sample * (width + added) + width)
    }
    return { data, shape: [x.shape[0], width + added] }
  },
}

/** Some columns of a state (batch, n), from `from` on, in the shape (batch, …sampleShape). */
export const takeColumns: TwofoldOperation<[from: number, sampleShape: readonly number[]]> = {
  tensor: (x, from, sampleShape) =>
    tidy(() => reshape(slice(x, [0, from], [-1, sampleShape.reduce((product, axis) => product * axis, 1)]), [x.shape[0], ...sampleShape])),
  host(x, from, sampleShape) {
    const width = sampleShape.reduce((product, axis) => product * axis, 1)
    const data = new Float64Array(x.shape[0] * width)
    for (let sample = 0; sample < x.shape[0]; sample++) data.set(rowOf(x, sample).subarray(from, from + width), sample * width)
    return { data, shape: [x.shape[0], ...sampleShape] }
  },
}

/** x·y of each sample, shape (batch, 1). */
export const sampleProducts: TwofoldBinaryOperation<[]> = {
  tensor: (x, y) => tidy(() => sum(reshape(mul(x, y), [x.shape[0], -1]), 1, true)),
  host: (x, y) => ({
    data: Float64Array.from({ length: x.shape[0] }, (_, sample) => {
      const other = rowOf(y, sample)
      return rowOf(x, sample).reduce((total, value, i) => total + value * other[i], 0)
    }),
    shape: [x.shape[0], 1],
  }),
}

const widthOf = (x: HostState): number => x.data.length / x.shape[0]

const rowOf = (x: HostState, sample: number): Float64Array => x.data.subarray(sample * widthOf(x), (sample + 1) * widthOf(x))
