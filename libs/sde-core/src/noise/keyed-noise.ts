import { InvalidArgumentError } from '../errors'
import { fillByKernel, noiseKernel } from './noise-kernel'
import { checkNoiseKey, philoxKey, type NoiseKey } from './noise-key'
import type { NoiseLaw } from './noise-run'
import { fillPlainly } from './plain-noise'

/**
 * Fills an array with standard normal noise, z = Φ⁻¹(u) of the uniforms that {@link fillUniform} gives for the same
 * key.
 *
 * The numbers are a function of the key alone (Philox4x32-10, counter-based): sample i of a batch is the same alone,
 * in another batch, on another shard or after a resume, bit for bit in every JavaScript engine. For normals and
 * uniforms that are independent of each other, use two streams or two draws.
 *
 * @param out - receives the samples one after the other, shape (batch, sampleSize) with batch = out.length /
 *   sampleSize; a Float32Array gets the float64 numbers, rounded
 * @param sampleSize - numbers per sample, 1 ≤ sampleSize \< 2³²
 * @param key - which noise; sample i of `out` is sample `key.firstSample + i`
 * @throws {@link InvalidArgumentError} when an argument breaks its rule; `out` is then untouched.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3"; Wichura 1988, algorithm AS 241.
 * @example
 * ```ts
 * import { fillNormal } from '@sbgm/sde-core'
 *
 * const noise = new Float32Array(64 * 784)
 * fillNormal(noise, 784, { seed: 1, stream: 'sampler', step: 0, firstSample: 0, draw: 0 })
 * ```
 */
export function fillNormal(out: Float32Array | Float64Array, sampleSize: number, key: NoiseKey): void {
  fill('normal', out, sampleSize, key)
}

/**
 * Fills an array with noise uniform in the open interval (0, 1): odd multiples of 2⁻⁵³, symmetric about ½.
 *
 * The numbers are a function of the key alone, as those of {@link fillNormal} are. In a Float32Array they are
 * rounded, those that would round to 1 to 1 − 2⁻²⁴ (the float32 before 1), so that 0 and 1 never occur there either.
 *
 * @param out - receives the samples one after the other, shape (batch, sampleSize) with batch = out.length /
 *   sampleSize
 * @param sampleSize - numbers per sample, 1 ≤ sampleSize \< 2³²
 * @param key - which noise; sample i of `out` is sample `key.firstSample + i`
 * @throws {@link InvalidArgumentError} when an argument breaks its rule; `out` is then untouched.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", §3.3 (Philox4x32-10).
 */
export function fillUniform(out: Float32Array | Float64Array, sampleSize: number, key: NoiseKey): void {
  fill('uniform', out, sampleSize, key)
}

function fill(law: NoiseLaw, out: Float32Array | Float64Array, sampleSize: number, key: NoiseKey): void {
  if (!(out instanceof Float32Array || out instanceof Float64Array)) {
    throw new InvalidArgumentError('out', out, 'a Float32Array or a Float64Array')
  }
  if (!Number.isInteger(sampleSize) || sampleSize < 1 || sampleSize >= 2 ** 32) {
    throw new InvalidArgumentError('sampleSize', sampleSize, 'an integer from 1 to 2^32 - 1')
  }
  if (out.length % sampleSize !== 0) {
    throw new InvalidArgumentError('out.length', out.length, `a multiple of sampleSize (${sampleSize})`)
  }
  checkNoiseKey(key, out.length / sampleSize)
  const { seed, stream, step, firstSample, draw } = key
  const run = { law, sampleSize, step, firstSample, draw, ...philoxKey(seed, stream) }
  const kernel = noiseKernel()
  if (kernel === undefined) fillPlainly(out, run)
  else fillByKernel(kernel, out, run)
}
