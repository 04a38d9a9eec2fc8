import {
  bars,
  colorScale,
  densityColumns,
  densityHeatmap,
  figure,
  limit,
  line,
  linePalette,
  panel,
  type NoteEntry,
  type Panel,
} from '@sbgm/viz'
import { normalDensity } from '@sbgm/sde-core'
import type { DrawnFigure } from '../drawn-figure'
import { exactDrawsW1, shownEdges, type ExactMarginals } from './exact-marginals'
import { parameters, target } from './problem'
import type { ReachedLaw } from './results'
import type { ScoreComparison, ScoreError } from './score-error'
import type { Simulation } from './simulation'
import type { Pair, Simulations } from './simulations'
import type { UnifiedLoss } from './unified-loss'

/** One scale for all heat maps: the data's density reaches 0.4; the square root lifts the faint middle. */
const colors = colorScale({ domain: [0, 0.42], exponent: 0.5 })

/** What a curve is, it is in the same colours in every figure. */
const styles = {
  simulated: { color: linePalette.blue, dash: 'solid' },
  exactScore: { color: linePalette.black, dash: 'dashed' },
  exactDraws: { color: linePalette.purple, dash: 'dotted' },
} as const

const count = (n: number) => n.toLocaleString('en-US')

interface HeatmapWords {
  readonly title: string
  readonly method: string
  readonly direction: 'forward' | 'reverse'
  readonly limit: number
}

function heatmapFigure(simulation: Simulation, exactTwin: Simulation | undefined, marginals: ExactMarginals, words: HeatmapWords): string {
  const points = simulation.end.length
  const facts: NoteEntry[] = [
    { name: 'points', value: count(points) },
    { name: 'steps', value: `${count(simulation.times.length - 1)}, ${words.method}` },
    { name: exactTwin ? 'largest W_{1}, learned score' : 'largest W_{1}', value: Math.max(...simulation.distances).toFixed(3) },
  ]
  if (exactTwin) facts.push({ name: 'largest W_{1}, exact score', value: Math.max(...exactTwin.distances).toFixed(3) })
  return densityHeatmap({
    title: words.title,
    subtitle: parameters,
    times: simulation.times,
    edges: shownEdges,
    density: densityColumns({ counts: simulation.counts, edges: shownEdges, total: points }),
    exact: marginals.density,
    colors,
    direction: words.direction,
    trajectories: simulation.paths.map((path, i) => ({ ...path, label: `trajectory ${i + 1}` })),
    distances: [
      { label: exactTwin ? 'learned score' : 'simulated points', values: simulation.distances, ...styles.simulated },
      ...(exactTwin ? [{ label: 'exact score, same points and noise', values: exactTwin.distances, ...styles.exactScore }] : []),
      { label: `${count(points)} exact draws, on average`, values: exactDrawsW1(marginals, points), ...styles.exactDraws },
    ],
    distanceLimit: { at: words.limit, label: `limit ${words.limit}` },
    facts,
    labels: { density: `histogram of ${count(points)} points`, exact: 'exact marginal p_{t}(x)', distance: 'W_{1} to p_{t}', colors: 'probability density (square-root scale)' },
  })
}

/** The four heat maps, in the assignment's order. */
export function heatmapFigures({ marginals, forwardSde, forwardFlow, reverseSde, reverseFlow }: Simulations): DrawnFigure[] {
  const draw = (simulation: Simulation, twin: Simulation | undefined, words: HeatmapWords) => heatmapFigure(simulation, twin, marginals, words)
  return [
    {
      name: 'forward-sde',
      caption: 'Data to noise: the forward SDE by Euler–Maruyama.',
      svg: draw({ ...forwardSde, paths: [] }, undefined, { title: 'Forward SDE: data to noise', method: 'Euler–Maruyama', direction: 'forward', limit: 0.05 }),
    },
    {
      name: 'forward-ode',
      caption: 'Data to noise: the probability-flow ODE with the learned score.',
      svg: draw({ ...forwardFlow.learned, paths: [] }, forwardFlow.exact, { title: 'Probability-flow ODE with the learned score: data to noise', method: 'Euler', direction: 'forward', limit: 0.12 }),
    },
    {
      name: 'reverse-sde',
      caption: 'Noise to data: the reverse SDE with the learned score, and two of its paths.',
      svg: draw(reverseSde.learned, reverseSde.exact, { title: 'Reverse SDE with the learned score: noise to data', method: 'Euler–Maruyama', direction: 'reverse', limit: 0.12 }),
    },
    {
      name: 'reverse-ode',
      caption: 'Noise to data: the probability-flow ODE with the learned score, backwards, and two of its paths.',
      svg: draw(reverseFlow.learned, reverseFlow.exact, { title: 'Probability-flow ODE with the learned score: noise to data', method: 'Euler', direction: 'reverse', limit: 0.12 }),
    },
  ]
}

/** Learned against exact score over x at some times. */
export function scoreFigure(comparisons: readonly ScoreComparison[]): DrawnFigure {
  const cell = ({ t, x, learned, exact }: ScoreComparison): Panel => {
    const shown = (values: Float64Array) => values.filter((_, i) => Math.abs(x[i]) <= 6)
    return panel({
      title: `t = ${t}`,
      x: { label: 'x', domain: [-6, 6] },
      y: { label: 'score' },
      layers: [
        line({ x: shown(x), y: shown(exact), label: 'exact score ∇ log p_{t}(x)', color: linePalette.black, width: 1.4 }),
        line({ x: shown(x), y: shown(learned), label: 'learned score s_{θ}(x, t)', color: linePalette.blue, dash: 'dashed', width: 1.8 }),
      ],
    })
  }
  const half = Math.ceil(comparisons.length / 2)
  return {
    name: 'score',
    caption: 'The learned against the exact score of the marginals.',
    svg: figure({
      title: 'Learned against exact score',
      subtitle: parameters,
      legend: 'shared',
      shareX: 'column',
      shareY: 'row',
      rows: [comparisons.slice(0, half), comparisons.slice(half)].map((row) => ({ height: 200, cells: row.map(cell) })),
    }),
  }
}

/** Means over equal stretches of the loss, to see its course through the noise of the batches. */
function smoothed(losses: Float64Array): { readonly stretch: number; readonly steps: Float64Array; readonly mean: Float64Array } {
  const stretch = Math.max(1, Math.floor(losses.length / 100))
  const stretches = Math.floor(losses.length / stretch)
  return {
    stretch,
    steps: Float64Array.from({ length: stretches }, (_, i) => (i + 0.5) * stretch),
    mean: Float64Array.from({ length: stretches }, (_, i) => losses.subarray(i * stretch, (i + 1) * stretch).reduce((sum, loss) => sum + loss, 0) / stretch),
  }
}

/** e(t) with its limits, and the training loss. */
export function scoreErrorFigure({ times, errors }: ScoreError, losses: Float64Array, loss: UnifiedLoss): DrawnFigure {
  const steps = Float64Array.from(losses, (_, i) => i + 1)
  const course = smoothed(losses)
  return {
    name: 'score-error',
    caption: 'The relative error of the learned score over time, and the training loss.',
    svg: figure({
      title: 'How good the learned score is, and how it was trained',
      subtitle: 'e(t) = √(∫ p_{t} (s_{θ} − s)² dx / ∫ p_{t} s² dx) by Simpson’s rule on [−8, 8]',
      rows: [
        {
          height: 280,
          cells: [
            panel({
              title: 'Relative error of the score',
              x: { label: 'time t', domain: [0, 1] },
              y: { label: 'e(t)', scale: 'log' },
              layers: [
                limit({ at: 0.15, label: '15 % at any t ≥ 0.05' }),
                limit({ at: 0.05, label: '5 % on average', color: linePalette.purple }),
                line({ x: times, y: errors, color: linePalette.blue, width: 1.8 }),
              ],
            }),
            panel({
              title: 'Training loss (noise matching)',
              x: { label: 'step', domain: [0, losses.length] },
              y: { label: 'loss per sample', scale: 'log' },
              layers: [
                line({ x: steps, y: losses, label: 'batch', color: linePalette.sky, width: 0.5 }),
                line({ x: course.steps, y: course.mean, label: `mean of ${course.stretch} batches`, color: linePalette.blue, width: 2 }),
                limit({ at: loss.exact, label: 'exact score', color: linePalette.black }),
              ],
            }),
          ],
        },
      ],
    }),
  }
}

/** Distances over time with the learned and with the exact score, on the same points and noise. */
export function pairedFigure({ marginals, forwardFlow, reverseSde, reverseFlow }: Simulations): DrawnFigure {
  const cell = (title: string, { learned, exact }: Pair, towards: 'left' | 'right') =>
    panel({
      title,
      x: { label: 'time t', domain: [0, 1] },
      y: { label: 'W_{1} to p_{t}' },
      arrow: { towards, label: towards === 'right' ? 'forward in time' : 'backward in time' },
      layers: [
        line({ x: learned.times, y: learned.distances, label: 'learned score', ...styles.simulated, width: 1.6 }),
        line({ x: exact.times, y: exact.distances, label: 'exact score', ...styles.exactScore, width: 1.4 }),
        line({ x: exact.times, y: exactDrawsW1(marginals, exact.end.length), label: `${count(exact.end.length)} exact draws, on average`, ...styles.exactDraws, width: 1.4 }),
      ],
    })
  return {
    name: 'learned-against-exact',
    caption: 'What the network costs: distances with the learned and with the exact score, from the same points with the same noise.',
    svg: figure({
      title: 'What the network costs',
      subtitle: 'Wasserstein-1 distance to the exact marginal with either score; same starting points, same noise',
      legend: 'shared',
      shareY: 'row',
      width: 1200,
      rows: [
        {
          height: 220,
          cells: [
            cell('Forward ODE', forwardFlow, 'right'),
            cell('Reverse SDE', reverseSde, 'left'),
            cell('Reverse ODE', reverseFlow, 'left'),
          ],
        },
      ],
    }),
  }
}

/** How many of the heat maps' bins make one bin of the laws at the ends. */
const merged = 3
const endEdges = shownEdges.filter((_, i) => i % merged === 0)

/** A histogram's density at one end of a simulation. */
const endDensity = (simulation: Simulation, t: 0 | 1): Float64Array => {
  const bins = shownEdges.length - 1
  const from = t === 0 ? 0 : (simulation.times.length - 1) * bins
  const counts = Float64Array.from({ length: bins / merged }, (_, i) =>
    simulation.counts.subarray(from + i * merged, from + (i + 1) * merged).reduce((sum, n) => sum + n, 0),
  )
  return densityColumns({ counts, edges: endEdges, total: simulation.end.length })
}

/** The laws at the ends: what the forward SDE reached, and what the two reverse simulations brought back. */
export function endsFigure({ forwardSde, reverseSde, reverseFlow }: Simulations, reached: ReachedLaw): DrawnFigure {
  const x = Float64Array.from({ length: 481 }, (_, i) => -6 + i / 40)
  const cell = (title: string, simulation: Simulation, t: 0 | 1, reference: readonly { label: string; density: (x: number) => number; color: string }[]) =>
    panel({
      title,
      x: { label: t === 0 ? 'x_{0}' : 'x_{1}', domain: [-6, 6] },
      y: { label: 'probability density' },
      layers: [
        bars({ edges: endEdges, heights: endDensity(simulation, t), label: `${count(simulation.end.length)} points` }),
        ...reference.map(({ label, density, color }, i) => line({ x, y: x.map(density), label, color, width: 1.6, dash: i === 0 ? 'solid' : 'dashed' })),
      ],
    })
  const data = { label: 'exact p_{0}', density: (value: number) => target.density(value, 0), color: linePalette.black }
  return {
    name: 'ends',
    caption: 'The laws at the ends: what the forward SDE reached, and what the reverse simulations brought back.',
    svg: figure({
      title: 'What was reached',
      subtitle: `forward SDE: mean ${reached.mean.toFixed(4)}, variance ${reached.variance.toFixed(4)}, KS distance ${reached.ksToPrior.toFixed(4)} to N(0, 1), ${reached.ksToExact.toFixed(4)} to the exact p_{1}`.replace(/-/g, '−'),
      width: 1400,
      rows: [
        {
          height: 260,
          cells: [
            cell('Forward SDE at t = 1', forwardSde, 1, [
              { label: 'N(0, 1)', density: normalDensity, color: linePalette.black },
              { label: 'exact p_{1}', density: (value) => target.density(value, 1), color: linePalette.vermillion },
            ]),
            cell('Reverse SDE at t = 0', reverseSde.learned, 0, [data]),
            cell('Reverse ODE at t = 0', reverseFlow.learned, 0, [data]),
          ],
        },
      ],
    }),
  }
}
