import type { PhiloxKey } from './noise-key'

/** The law of the numbers: uniform in the open interval (0, 1), or standard normal. */
export type NoiseLaw = 'uniform' | 'normal'

/** A checked request for noise, as the WebAssembly kernel and its plain counterpart take it. */
export interface NoiseRun extends PhiloxKey {
  /** The law of the numbers. */
  readonly law: NoiseLaw
  /** Numbers per sample, ≥ 1. */
  readonly sampleSize: number
  /** Index of the first sample. */
  readonly firstSample: number
  /** Index of the step. */
  readonly step: number
  /** Index of the draw within the step. */
  readonly draw: number
}

/**
 * The largest number that a run may store. Only a uniform rounded to float32 needs one: those within 2⁻²⁵ of 1 would
 * become 1 and become 1 − 2⁻²⁴ instead, the float32 before it. None rounds to 0, since the smallest is 2⁻⁵³.
 *
 * @param law - the law of the numbers
 * @param out - what they are stored in
 */
export const ceilingOf = (law: NoiseLaw, out: Float32Array | Float64Array): number =>
  law === 'uniform' && out instanceof Float32Array ? 1 - 2 ** -24 : Infinity
