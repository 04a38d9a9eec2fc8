import { fillUniform, type NoiseKey } from '@sbgm/sde-core'

/**
 * A permutation of 0 … count − 1, uniform among all (Fisher–Yates on keyed uniforms): a function of the key alone.
 *
 * @param count - how many
 * @param key - which permutation
 */
export function permutation(count: number, key: Omit<NoiseKey, 'firstSample' | 'draw'>): Int32Array {
  const order = Int32Array.from({ length: count }, (_, index) => index)
  const uniforms = new Float64Array(count)
  fillUniform(uniforms, 1, { ...key, firstSample: 0, draw: 0 })
  for (let last = count - 1; last > 0; last--) {
    const chosen = Math.floor(uniforms[last] * (last + 1)) // uniforms are below 1 by at least 2⁻⁵³, so the product, rounded, stays below last + 1
    ;[order[last], order[chosen]] = [order[chosen], order[last]]
  }
  return order
}
