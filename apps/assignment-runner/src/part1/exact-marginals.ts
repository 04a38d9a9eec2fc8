import { breather } from '../breather'
import { target } from './problem'

/** Where and how finely points are counted: fine bins for the distances, whole numbers of them for the heat maps. */
export const fineBins = { low: -8, high: 8, bins: 3200 } as const
/** Fine bins per bin of the heat maps. */
const coarseness = 10
/** Range of the heat maps. */
const [shownLow, shownHigh] = [-6, 6]

const width = (fineBins.high - fineBins.low) / fineBins.bins
const firstShown = Math.round((shownLow - fineBins.low) / width)

/** Number of bins of the heat maps. */
export const shownBins = Math.round((shownHigh - shownLow) / width) / coarseness

/** Borders of the heat maps' bins. */
export const shownEdges = Float64Array.from({ length: shownBins + 1 }, (_, i) => shownLow + i * coarseness * width)

/** Sums fine bins into the heat maps' bins. */
export const shownCounts = (counts: Uint32Array): Uint32Array =>
  Uint32Array.from({ length: shownBins }, (_, i) => {
    const from = firstShown + i * coarseness
    return counts.subarray(from, from + coarseness).reduce((sum, count) => sum + count, 0)
  })

/** The exact law of x_t at each time of a grid, on the fine bins' borders. */
export interface ExactMarginals {
  /** F_t at a border of the fine bins. */
  cdf(index: number): (x: number) => number
  /** Density over the heat maps' bins, averaged within each, (times × bins,). */
  readonly density: Float64Array
  /**
   * ∫ √(F_t (1 − F_t)) dx per time: n exact draws of p_t lie √(2/(π n)) times that from p_t on average, in Wasserstein-1
   * distance, because F_n − F is nearly normal with variance F (1 − F)/n.
   */
  readonly spread: Float64Array
}

/** Tabulates the exact law at these times; returns to the event loop now and then. */
export async function exactMarginals(times: ArrayLike<number>, signal: AbortSignal): Promise<ExactMarginals> {
  const breathe = breather()
  const tables: Float64Array[] = []
  for (const t of Array.from(times)) {
    tables.push(Float64Array.from({ length: fineBins.bins + 1 }, (_, i) => target.cdf(fineBins.low + i * width, t)))
    await breathe()
    signal.throwIfAborted()
  }
  const density = new Float64Array(tables.length * shownBins)
  tables.forEach((table, column) => {
    for (let i = 0; i < shownBins; i++) {
      const from = firstShown + i * coarseness
      density[column * shownBins + i] = (table[from + coarseness] - table[from]) / (coarseness * width)
    }
  })
  const spread = Float64Array.from(tables, (table) => table.reduce((sum, F) => sum + Math.sqrt(Math.max(F * (1 - F), 0)) * width, 0))
  return { spread, cdf: (index) => (x) => tables[index][Math.round((x - fineBins.low) / width)], density }
}

/** The Wasserstein-1 distance to p_t that n exact draws have on average, per time. */
export const exactDrawsW1 = ({ spread }: ExactMarginals, n: number): Float64Array => spread.map((integral) => integral * Math.sqrt(2 / (Math.PI * n)))
