import { expect, it } from 'vitest'
import { judgesBars } from './judges-quality'
import type { MetricsRow } from './metrics-row'
import type { MetricsTable } from './metrics-table'
import { metricsMarkdown, qualityBars } from './quality-bars'

const row = (change: Partial<MetricsRow> = {}): MetricsRow => ({
  name: 'real images', count: 256, confidentShare: 0.96, confidentClasses: 10, histogram: [20, 30, 26, 25, 25, 26, 26, 26, 26, 26],
  entropyNats: 2.3, frechet: 1, nearest: 8, ...change,
})
const noisy = [0.1, 0.2, 0.3, 0.5].map((std) => ({ std, row: row({ name: `noise ${std}`, frechet: 1 + 10 * std }) }))
const features = { count: 2, dimension: 1, mean: Float64Array.of(0), covariance: Float64Array.of(1) }
const judges = { accuracy: 0.99, ownConfident: 0.95, calledAny: { 'uniform noise': 0, 'blurred noise': 0, 'shuffled ninths': 0.05 } }
const table = (samples: Partial<MetricsRow>): MetricsTable => ({ samples: row({ name: 'samples', ...samples }), reference: { judges, real: row(), noisy, features } })
const passes = (profile: 'smoke' | 'quick' | 'full', samples: Partial<MetricsRow>) => qualityBars(profile, table(samples)).map(({ pass }) => pass)

it('quick asks for 0.8 of the real confident share, Fréchet up to noise 0.3, every class, half the real distance; smoke the same', () => {
  const bars = qualityBars('quick', table({}))
  expect(bars.map(({ limit }) => limit)).toEqual([{ min: 0.8 * 0.96 }, 4, { min: 10 }, { min: 4 }])
  expect(qualityBars('smoke', table({}))).toEqual(bars)
  expect(passes('quick', { confidentShare: 0.77, frechet: 4, confidentClasses: 10, nearest: 4 })).toEqual([true, true, true, true])
  expect(passes('quick', { confidentShare: 0.76, frechet: 4.01, confidentClasses: 9, nearest: 3.99 })).toEqual([false, false, false, false])
})

it('a judge that is sure of no real image lets no sample pass', () => {
  const { reference } = table({})
  const blind = { samples: row({ confidentShare: 0 }), reference: { ...reference, real: row({ confidentShare: 0 }) } }
  expect(qualityBars('smoke', blind)[0]).toMatchObject({ value: 0, pass: false })
})

it('full asks for 0.95 of the share and Fréchet up to noise 0.2', () => {
  expect(qualityBars('full', table({})).map(({ limit }) => limit)).toEqual([{ min: 0.95 * 0.96 }, 3, { min: 10 }, { min: 4 }])
  expect(passes('full', { confidentShare: 0.91, frechet: 3.01 })).toEqual([false, false, true, true])
})

it('the judges have their own bars: five for MNIST, the accuracy for Fashion-MNIST, none for others', () => {
  const passing = (quality: typeof judges, dataset: string) => judgesBars(quality, dataset).map(({ pass }) => pass)
  expect(passing(judges, 'mnist')).toEqual([true, true, true, true, true])
  const worse = { accuracy: 0.9899, ownConfident: 0.9499, calledAny: { 'uniform noise': 0.051, 'blurred noise': 0.051, 'shuffled ninths': 0.051 } }
  expect(passing(worse, 'mnist')).toEqual([false, false, false, false, false])
  expect(passing(worse, 'fashion-mnist')).toEqual([true])
  expect(passing({ ...judges, accuracy: 0.8999 }, 'fashion-mnist')).toEqual([false])
  expect(passing(judges, 'digits')).toEqual([])
})

it('the table names every row, the samples first', () => {
  const lines = metricsMarkdown(table({ frechet: 2.34567 })).split('\n')
  expect(lines[2]).toBe('| samples | 256 | 0.96 | 2.346 | 8 | 2.3 | 20 30 26 25 25 26 26 26 26 26 |')
  expect(lines.slice(3).map((line) => line.split(' | ')[0])).toEqual(['| real images', '| noise 0.1', '| noise 0.2', '| noise 0.3', '| noise 0.5'])
})
