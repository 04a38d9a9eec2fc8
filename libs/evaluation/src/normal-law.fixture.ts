/** Seeds of the statistical tests. */
export const seeds = { law: 1, sample: 2, other: 3 } as const

/** Uniform numbers in [0, 1) from a seed: Mulberry32, good enough to test statistics with. */
export function mulberry(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Standard normal numbers by Box–Muller. */
export function normalSample(count: number, seed: number): Float64Array {
  const next = mulberry(seed)
  return Float64Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()))
}

/** φ(x). */
export const normalDensity = (x: number): number => Math.exp(-(x ** 2) / 2) / Math.sqrt(2 * Math.PI)

/** Φ(x): ½ + φ(x) (x + x³/3 + x⁵/(3·5) + …) near 0, Laplace's continued fraction beyond 3. */
export function normalCdf(x: number): number {
  if (Math.abs(x) > 38) return x > 0 ? 1 : 0
  if (Math.abs(x) > 3) {
    const size = Math.abs(x)
    let fraction = size
    for (let k = 80; k >= 1; k--) fraction = size + k / fraction
    const beyond = normalDensity(x) / fraction
    return x > 0 ? 1 - beyond : beyond
  }
  let [term, sum] = [x, x]
  for (let odd = 3; Math.abs(term) > 1e-18; odd += 2) {
    term *= x ** 2 / odd
    sum += term
  }
  return 0.5 + normalDensity(x) * sum
}

/** CDF of the uniform law on [0, 1]. */
export const uniformCdf = (x: number): number => Math.min(Math.max(x, 0), 1)
