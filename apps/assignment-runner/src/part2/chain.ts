import { discreteDdpm, fillUniform } from '@sbgm/sde-core'

/** The chain of DDPM: β_1 = 1e-4 … β_T = 0.02, T = 1000. */
export const chain = discreteDdpm()

/**
 * Training times i/T with i uniform on 1 … T, stratified over the batch; a function of the seed and the step's number.
 *
 * @param count - times per step
 */
export const chainTimes = (count: number, seed: number) => (step: number): Float64Array => {
  const uniforms = new Float64Array(count)
  fillUniform(uniforms, 1, { seed, stream: 'part2/times', step, firstSample: 0, draw: 0 })
  return uniforms.map((u, k) => (Math.floor(((k + u) / count) * chain.steps) + 1) / chain.steps)
}
