import { ceilingOf, type NoiseRun } from './noise-run'
import { normalQuantile } from './normal-quantile'
import { philox4x32 } from './philox'

/**
 * Fills `out` with keyed noise in plain TypeScript. It defines the numbers; the WebAssembly kernel makes the same
 * ones faster, and where there is no WebAssembly (a strict content security policy) this takes its place.
 *
 * The counter is (⌊j / 2⌋, sample, step, draw). Number j is made of words 2 (j mod 2) and 2 (j mod 2) + 1 of that
 * block, low word first: their upper 52 bits k give the uniform u = (2k + 1) / 2⁵³, and the normal is Φ⁻¹(u).
 *
 * @param out - receives the samples one after the other, shape (batch, sampleSize)
 * @param run - what to make
 */
export function fillPlainly(out: Float32Array | Float64Array, run: NoiseRun): void {
  const { law, sampleSize, firstSample, step, draw, k0, k1 } = run
  const ceiling = ceilingOf(law, out)
  const number = law === 'normal' ? (u: number) => normalQuantile(u) : (u: number) => Math.min(u, ceiling)
  const words = new Uint32Array(4)
  for (let start = 0, sample = firstSample; start < out.length; start += sampleSize, sample++) {
    for (let j = 0; j < sampleSize; j += 2) {
      philox4x32(j / 2, sample, step, draw, k0, k1, words)
      out[start + j] = number(unit(words[0], words[1]))
      if (j + 1 < sampleSize) out[start + j + 1] = number(unit(words[2], words[3]))
    }
  }
}

/** (2k + 1) / 2⁵³ of the upper 52 bits k of a 64-bit word. */
const unit = (low: number, high: number): number => (high * 2 ** 21 + (low >>> 12) * 2 + 1) * 2 ** -53
