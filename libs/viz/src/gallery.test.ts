import { describe, expect, it } from 'vitest'
import {
  exactColumns, exactDensity, exactScore, normals, parameters, perturbedScore, scoreError, simulate, type SimulatedRun,
} from './gallery-subject'
import {
  bars, band, colorBar, colorScale, densityColumns, densityHeatmap, evenEdges, figure, heatmap, limit, line, linePalette, panel,
} from './index'

const edges = evenEdges({ from: -6, to: 6, count: 120 })
const colors = colorScale({ domain: [0, 0.42], exponent: 0.5 })
const points = 10_000
const steps = 400
const grid = (from: number, to: number, count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1))

function run(kind: 'forward' | 'reverse' | 'reverse flow', score = exactScore): SimulatedRun {
  return simulate({ kind, points, steps, edges, seed: 2, score })
}

function heatFigure(title: string, kind: 'forward' | 'reverse' | 'reverse flow'): string {
  const { times, counts, distance, paths } = run(kind)
  const largest = Math.max(...distance)
  return densityHeatmap({
    title, subtitle: parameters, times, edges, colors,
    density: densityColumns({ counts, edges, total: points }),
    exact: exactColumns(times, edges),
    direction: kind === 'forward' ? 'forward' : 'reverse',
    trajectories: paths.map((path, i) => ({ ...path, label: `trajectory ${i + 1}` })),
    distances: [{ label: 'to the exact marginal', values: distance }],
    distanceLimit: { at: 0.12, label: 'limit 0.12' },
    facts: [
      { name: 'points', value: '10,000' }, { name: 'steps', value: `${steps}, Euler${kind === 'reverse flow' ? '' : '–Maruyama'}` },
      { name: 'largest W_{1}', value: largest.toFixed(3) }, { name: 'seed', value: '2' },
    ],
    labels: { density: 'histogram of 10,000 points', exact: 'exact marginal p_{t}(x)' },
  })
}

describe('the gallery', () => {
  it('shows a density simulated forwards with two trajectories, the exact marginal and the distance below (seed 2)', async () => {
    await expect(heatFigure('Data to noise: the forward SDE', 'forward')).toMatchFileSnapshot('../gallery/forward-sde.svg')
  })

  it('shows a density simulated backwards, with its arrow to the left (seed 2)', async () => {
    await expect(heatFigure('Noise to data: the reverse SDE with the exact score', 'reverse')).toMatchFileSnapshot('../gallery/reverse-sde.svg')
  })

  it('shows a score against the exact one at six times as small multiples with one legend', async () => {
    const x = grid(-6, 6, 241)
    const cell = (t: number) => panel({
      title: `t = ${t}`, x: { label: 'x' }, y: { label: 'score' },
      layers: [
        line({ x, y: x.map((value) => exactScore(value, t)), label: 'exact score ∇ log p_{t}(x)', color: linePalette.black, width: 1.4 }),
        line({ x, y: x.map((value) => perturbedScore(value, t)), label: 'approximation s_{θ}(x, t)', color: linePalette.vermillion, dash: 'dashed', width: 1.8 }),
      ],
    })
    await expect(figure({
      title: 'An approximate score against the exact score', subtitle: parameters, legend: 'shared', shareX: 'column', shareY: 'row',
      rows: [{ height: 190, cells: [0.02, 0.1, 0.2].map(cell) }, { height: 190, cells: [0.35, 0.6, 1].map(cell) }],
    })).toMatchFileSnapshot('../gallery/score-curves.svg')
  })

  it('shows an error over time with labelled limits, on linear and on logarithmic axes', async () => {
    const t = grid(0.01, 1, 100)
    const e = t.map(scoreError)
    const limits = [limit({ at: 0.15, label: '15 %, each t ≥ 0.05' }), limit({ at: 0.05, label: '5 % on average', color: linePalette.purple })]
    await expect(figure({
      title: 'Relative error of the score', subtitle: 'e(t) = √(∫ p_{t} (s_{θ} − s)² dx / ∫ p_{t} s² dx), on [−8, 8]',
      rows: [{
        height: 280, cells: [
          panel({ title: 'linear', x: { label: 'time t', domain: [0, 1] }, y: { label: 'e(t)', domain: [0, 0.2] }, layers: [...limits, line({ x: t, y: e, color: linePalette.blue, width: 1.8 })] }),
          panel({ title: 'logarithmic', x: { label: 'time t', scale: 'log' }, y: { label: 'e(t)', scale: 'log' }, layers: [...limits, line({ x: t, y: e, color: linePalette.blue, width: 1.8 })] }),
        ],
      }],
    })).toMatchFileSnapshot('../gallery/error-curve.svg')
  })

  it('shows a loss with its range and a histogram against a density (seed 3)', async () => {
    const normal = normals(3)
    const iterations = grid(20, 4000, 200)
    const smooth = iterations.map((i) => 0.34 + 0.9 * Math.exp(-i / 350))
    const raw = smooth.map((value) => value * (1 + 0.08 * normal()))
    const heights = new Float64Array(60)
    for (let i = 0; i < 5000; i++) {
      const bin = Math.floor(((normal() < 0 ? -3 : 3) + 0.5 * normal() + 6) / 0.2)
      if (bin >= 0 && bin < 60) heights[bin] += 1 / (5000 * 0.2)
    }
    const x = grid(-6, 6, 361)
    await expect(figure({
      title: 'Training, and what it reached', subtitle: 'synthetic numbers',
      rows: [{
        height: 280, cells: [
          panel({
            title: 'Training loss', x: { label: 'iteration', domain: [0, 4000] }, y: { label: 'loss per sample' },
            layers: [
              band({ x: iterations, low: smooth.map((v) => v * 0.84), high: smooth.map((v) => v * 1.16), label: '± 2 standard deviations', color: linePalette.blue }),
              line({ x: iterations, y: raw, label: 'batch', color: linePalette.sky, width: 0.9 }),
              line({ x: iterations, y: smooth, label: 'moving average', color: linePalette.blue, width: 2 }),
            ],
          }),
          panel({
            title: 'Distribution at t = 0', x: { label: 'x_{0}', domain: [-6, 6] }, y: { label: 'probability density' },
            layers: [
              bars({ edges: evenEdges({ from: -6, to: 6, count: 60 }), heights, label: '5,000 points' }),
              line({ x, y: x.map((value) => exactDensity(value, 0)), label: 'exact p_{0}(x)', color: linePalette.black }),
            ],
          }),
        ],
      }],
    })).toMatchFileSnapshot('../gallery/loss-and-histogram.svg')
  })

  it('shows paired distances of two scores on the same start and noise (seed 2)', async () => {
    const pair = (title: string, kind: 'reverse' | 'reverse flow') => {
      const [approximate, exact] = [run(kind, perturbedScore), run(kind)]
      return panel({
        title, x: { label: 'time t' }, y: { label: 'Wasserstein-1 distance' },
        arrow: { towards: 'left', label: 'backward in time' },
        layers: [
          line({ x: approximate.times, y: approximate.distance, label: 'approximate score', color: linePalette.vermillion }),
          line({ x: exact.times, y: exact.distance, label: 'exact score', color: linePalette.black, dash: 'dashed' }),
        ],
      })
    }
    await expect(figure({
      title: 'What the score costs, and what the step costs', subtitle: 'same starting points, same noise', width: 1000, shareY: 'row',
      rows: [{ height: 220, cells: [pair('Reverse SDE', 'reverse'), pair('Probability-flow ODE', 'reverse flow')] }],
    })).toMatchFileSnapshot('../gallery/paired-distance.svg')
  })

  it('shows every colour map on the same data', async () => {
    const times = grid(0, 1, 81)
    const half = evenEdges({ from: -5, to: 5, count: 80 })
    const values = exactColumns(times, half)
    const xEdges = evenEdges({ from: 0, to: 1, count: 81 })
    const rows = (['magma', 'inferno', 'plasma', 'viridis', 'cividis'] as const).map((map) => ({ map, colors: colorScale({ map, domain: [0, 0.4], exponent: 0.5 }) }))
    await expect(figure({
      title: 'Five colour maps, square-root norm', shareY: 'row', width: 1400,
      rows: [{ height: 180, cells: rows.flatMap(({ map, colors: scale }) => [
        panel({ title: map, x: { label: 't' }, y: { label: 'x' }, layers: [heatmap({ xEdges, yEdges: half, values, colors: scale })] }),
        colorBar({ colors: scale, label: 'density' }),
      ]) }],
    })).toMatchFileSnapshot('../gallery/color-maps.svg')
  })
})
