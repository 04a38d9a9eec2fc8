import { InvalidArgumentError } from '@sbgm/sde-core'
import type { Recorder } from './record'

/** The range and resolution of a histogram. */
export interface HistogramOptions {
  /** Lower end of the first bin. */
  readonly low: number
  /** Upper end of the last bin. */
  readonly high: number
  /** Number of bins of equal width. */
  readonly bins: number
}

/** The elements at one time, counted. */
export interface Histogram {
  /** The time. */
  readonly t: number
  /** Elements in each bin, the upper edge of a bin excluded. */
  readonly counts: Uint32Array
  /** Elements below the first bin. */
  readonly below: number
  /** Elements at or above the end of the last bin. */
  readonly above: number
}

/** Histograms over time. */
export interface HistogramRecorder extends Recorder {
  /** The bins' ends, bins + 1 numbers. */
  readonly edges: Float64Array
  /** One histogram per time noted so far. */
  readonly histograms: readonly Histogram[]
}

/**
 * Records a histogram of all elements at each time, so that the states themselves need not be kept. NaN is counted nowhere.
 *
 * @throws InvalidArgumentError unless low \< high and bins is a positive integer.
 */
export function recordHistogram({ low, high, bins }: HistogramOptions): HistogramRecorder {
  if (!(Number.isInteger(bins) && bins >= 1)) throw new InvalidArgumentError('bins', bins, 'an integer of at least 1')
  if (!Number.isFinite(low)) throw new InvalidArgumentError('low', low, 'a finite number')
  if (!(Number.isFinite(high) && low < high)) throw new InvalidArgumentError('high', high, `a finite number greater than low (${low})`)
  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => (low * (bins - i) + high * i) / bins)
  edges[0] = low
  edges[bins] = high
  const scale = bins / (high - low)
  const histograms: Histogram[] = []
  return {
    edges,
    histograms,
    add(t, { data }) {
      const counts = new Uint32Array(bins)
      let [below, above] = [0, 0]
      for (const value of data) {
        if (value < low) below++
        else if (value >= high) above++
        else {
          let bin = Math.min(Math.floor((value - low) * scale), bins - 1)
          if (value < edges[bin]) bin-- // the product may round across an edge, either way
          else if (value >= edges[bin + 1]) bin++
          counts[bin]++
        }
      }
      histograms.push({ t, counts, below, above })
    },
  }
}
