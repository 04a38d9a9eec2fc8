/**
 * What the gallery shows: the variance-preserving SDE dx = −½ β x dt + √β dw with β(t) = 0.1 + 19.9 t, started from
 * ½ N(−3, ½²) + ½ N(3, ½²), whose density and score are known at every time.
 */
export const parameters = 'dx = −½ β(t) x dt + √β(t) dw, β(t) = 0.1 + 19.9 t, x_{0} ∼ ½ N(−3, 0.5²) + ½ N(3, 0.5²)'

const beta = (t: number): number => 0.1 + 19.9 * t
const alpha = (t: number): number => Math.exp(-0.5 * (0.1 * t + 9.95 * t * t))
const variance = (t: number): number => 1 - alpha(t) ** 2 + 0.25 * alpha(t) ** 2

/** p_t(x), the exact marginal density. */
export function exactDensity(x: number, t: number): number {
  const [m, v] = [3 * alpha(t), variance(t)]
  const bell = (d: number): number => Math.exp((-d * d) / (2 * v)) / Math.sqrt(2 * Math.PI * v)
  return 0.5 * (bell(x - m) + bell(x + m))
}

/** ∇ log p_t(x), the exact score. */
export function exactScore(x: number, t: number): number {
  const [m, v] = [3 * alpha(t), variance(t)]
  return (m * Math.tanh((m * x) / v) - x) / v
}

/** Standard normal numbers from a seed. */
export function normals(seed: number): () => number {
  let state = seed >>> 0
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let z = Math.imul(state ^ (state >>> 15), state | 1)
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61)
    return (((z ^ (z >>> 14)) >>> 0) + 0.5) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform())
}

/** A simulated run as a figure needs it. */
export interface SimulatedRun {
  readonly times: Float64Array
  readonly counts: Float64Array
  readonly distance: Float64Array
  readonly paths: readonly { readonly times: Float64Array; readonly values: Float64Array }[]
}

/** Options of {@link simulate}. */
export interface SimulateOptions {
  readonly kind: 'forward' | 'reverse' | 'reverse flow'
  readonly points: number
  readonly steps: number
  readonly edges: Float64Array
  readonly seed: number
  /** The model's score. @defaultValue the exact one */
  readonly score?: (x: number, t: number) => number
}

/** Euler or Euler–Maruyama steps over [0, 1], with the histogram, two paths and W₁ = ∫ |F − F_exact| dx kept at every time. */
export function simulate({ kind, points, steps, edges, seed, score = exactScore }: SimulateOptions): SimulatedRun {
  const normal = normals(seed)
  const bins = edges.length - 1
  const [low, width] = [edges[0], edges[1] - edges[0]]
  const forward = kind === 'forward'
  const start = (): number => {
    const draw = normal()
    return forward ? (normal() < 0 ? -3 : 3) + 0.5 * draw : draw
  }
  const x = Float64Array.from({ length: points }, start)
  const dt = (forward ? 1 : -1) / steps
  const times = Float64Array.from({ length: steps + 1 }, (_, i) => i / steps)
  const counts = new Float64Array((steps + 1) * bins)
  const distance = new Float64Array(steps + 1)
  const paths = [0, 1].map(() => ({ times: new Float64Array(steps + 1), values: new Float64Array(steps + 1) }))
  for (let step = 0; step <= steps; step++) {
    const column = forward ? step : steps - step
    const t = times[column]
    for (const value of x) {
      const bin = Math.floor((value - low) / width)
      if (bin >= 0 && bin < bins) counts[column * bins + bin]++
    }
    let [sum, exact, total] = [0, 0, 0]
    for (let bin = 0; bin < bins; bin++) {
      sum += counts[column * bins + bin] / points
      exact += exactDensity(low + (bin + 0.5) * width, t) * width
      total += Math.abs(sum - exact) * width
    }
    distance[column] = total
    paths.forEach((path, i) => { path.times[step] = t; path.values[step] = x[i]! })
    if (step === steps) break
    const noise = kind === 'reverse flow' ? 0 : Math.sqrt(beta(t) * Math.abs(dt))
    const scoreShare = forward ? 0 : kind === 'reverse' ? 1 : 0.5
    for (let i = 0; i < points; i++) {
      const drift = -0.5 * beta(t) * x[i] - (scoreShare === 0 ? 0 : scoreShare * beta(t) * score(x[i], t))
      x[i] = x[i] + drift * dt + (noise === 0 ? 0 : noise * normal())
    }
  }
  return { times, counts, distance, paths }
}

/** The exact density in the cells of a histogram over time. */
export function exactColumns(times: Float64Array, edges: Float64Array): Float64Array {
  const bins = edges.length - 1
  return Float64Array.from({ length: times.length * bins }, (_, i) =>
    exactDensity((edges[i % bins] + edges[(i % bins) + 1]) / 2, times[Math.floor(i / bins)]))
}

/** The exact score with a smooth error, standing in for a trained network. */
export function perturbedScore(x: number, t: number): number {
  return exactScore(x, t) * (1 + 0.05 * Math.sin(1.7 * x + 3 * t)) + (0.25 * Math.sin(2.3 * x) * Math.exp(-4 * t)) / Math.sqrt(variance(t))
}

/** e(t) = √(∫ p_t (s − s_exact)² / ∫ p_t s_exact²), by the midpoint rule on [−8, 8]. */
export function scoreError(t: number): number {
  let [error, size] = [0, 0]
  for (let x = -7.98; x < 8; x += 0.04) {
    const [p, s] = [exactDensity(x, t), exactScore(x, t)]
    error += p * (perturbedScore(x, t) - s) ** 2
    size += p * s * s
  }
  return Math.sqrt(error / size)
}
