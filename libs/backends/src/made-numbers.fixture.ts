/** For tests: numbers in [−1, 1) from a linear congruential generator (Numerical Recipes constants). */
export function madeNumbers(shape: readonly number[], seed: number): Float32Array {
  let state = seed >>> 0
  return Float32Array.from({ length: shape.reduce((size, axis) => size * axis, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}
