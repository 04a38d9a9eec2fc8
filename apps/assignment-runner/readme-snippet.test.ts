import { readFileSync } from 'node:fs'
import { vpSde } from '@sbgm/sde-core'
import { expect, it } from 'vitest'
import { readCommandLine } from './src/command-line'
import { exitCode } from './src/exit-code'
import { datasetChoices, engineChoices, flagOf, profileChoices } from './src/options'

import { networkPlan, samplerNames } from './src/images/sampler-choice'
import { imageModelSettings } from './src/images/settings'
import { judgeSettings } from './src/judges/settings'
import { guidanceSettings } from './src/part4/guidance-settings'
import { classifierSettings, imagesPerClass, inpaintingSettings } from './src/part4/settings'
import { part1Settings } from './src/part1/settings'

const readme = readFileSync(new URL('./README.md', import.meta.url), 'utf8')
const rows = readme.split('\n').filter((line) => line.startsWith('| '))
const rowOf = (flag: string) => rows.find((row) => row.startsWith(`| \`${flag}`))

it('the table lists every option of the command line, and no other', () => {
  const listed = rows.flatMap((row) => /^\| `(--[a-z-]+)/.exec(row)?.[1] ?? [])
  expect(listed.sort()).toEqual([...Object.values(flagOf), '--help', '--version'].sort())
})

it.each([
  ['--profile', profileChoices],
  ['--dataset', datasetChoices],
  ['--engine', engineChoices],
] as const)('the row of %s names its values in order', (flag, names) => {
  expect(rowOf(flag)).toContain(`| ${names.map((name) => `\`${name}\``).join(' ')} |`)
})

it('the table of samplers has every one, in order, with what it simulates, its steps and evaluations', () => {
  const listed = rows.filter((row) => /\| the (reverse SDE|probability flow) \|/.test(row))
  const expected = samplerNames.map((name) => {
    const { sampler, steps, evaluations } = networkPlan(name, undefined, vpSde())
    return `| \`${name}\` | ${sampler.stochastic ? 'the reverse SDE' : 'the probability flow'} | ${steps} | ${evaluations} | `
  })
  expect(listed.map((row) => /^(?:[^|]*\|){5} /.exec(row)?.[0])).toEqual(expected)
})

it('every command shown is one that the program takes', () => {
  const shown = [...readme.matchAll(/^npm start(?: -- ([^#\n]*))?/gm)].map(([, options = '']) => options.trim())
  expect(shown.length).toBeGreaterThan(2)
  for (const options of shown) {
    const argv = options.split(' ').filter((word) => word !== '')
    expect(readCommandLine(argv, { version: '1.0.0', parts: [1, 2, 3, 'compare'] }).kind).toBe(/^[a-z]/.test(argv[0] ?? '') ? argv[0] : 'run')
  }
})

it('the exit codes stand in their table', () => {
  const codes = rows.flatMap((row) => /^\| (\d+(?:, \d+)*) \|/.exec(row)?.[1]?.split(', ') ?? [])
  expect(codes.map(Number)).toEqual(Object.values(exitCode))
})

it.each(['smoke', 'quick', 'full'] as const)('the row of the profile %s has the numbers of its settings', (name) => {
  const { forwardPoints, points, steps, network, training } = part1Settings[name]
  const numbers = [forwardPoints, points, steps, `${network.layers} × ${network.width}`, `${training.steps} × ${training.batch}`].join(' | ')
  expect(rowOf(name)).toContain(`| ${numbers} |`)
})

it.each(['smoke', 'quick', 'full'] as const)('the row of the profile %s for parts 2 and 3 has the numbers of its settings', (name) => {
  const { network, training, sampling } = imageModelSettings[name]
  const size = [network.baseWidth, network.multipliers.length, network.blocksPerLevel].join(', ')
  const numbers = [size, `${training.steps} × ${training.batch}`, training.steps * training.batch, sampling.steps, judgeSettings[name].samples].join(' | ')
  expect(rows.filter((row) => row.startsWith(`| \`${name}\``)).at(-2)).toContain(`| ${numbers} |`)
})

it.each(['smoke', 'quick', 'full'] as const)('the row of the profile %s for part 4 has the numbers of its settings', (name) => {
  const { network, training } = classifierSettings[name]
  const { samples, steps, resamplings } = inpaintingSettings[name]
  const row = rows.filter((line) => line.startsWith(`| \`${name}\``)).at(-1)
  expect(row).toContain(`| ${[network.baseWidth, network.multipliers.length, network.blocksPerLevel].join(', ')} | ${training.steps} × ${training.batch} | ${guidanceSettings[name].images} | `)
  expect(row).toContain(`${imagesPerClass[name]} of each | `)
  expect(row).toContain(`${samples}, ${steps} × ${resamplings} |`)
})
