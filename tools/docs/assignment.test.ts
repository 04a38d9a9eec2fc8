import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const workspace = fileURLToPath(new URL('../..', import.meta.url))
const rows = readFileSync(`${workspace}docs/assignment.md`, 'utf8').split('\n').filter((line) => /^\| (?!the assignment|---)/.test(line))
const named = ['get_score_model`', 'DDPM_SDE(', 'DDPM_SDE.beta', 'DDPM_SDE.drift_diffusion', 'DDPM_SDE.distribution', 'DDPM_SDE.reverse_drift_diffusion',
  'UnifiedLoss', 'get_score_model_continuous', 'AncestralSamplingContinuous', 'train_sde', 'sample_images']

it.each(named)('the assignment\'s %s has a row of its own', (name) => {
  expect(rows.filter((row) => row.split(' | ')[0].includes(name))).toHaveLength(1)
})

it('every name in the column of ours is exported by the library that stands beside it', async () => {
  const ours = rows.flatMap((row) => [...row.matchAll(/`(\w+)` of `(@sbgm\/[\w/-]+)`/g)].map(([, name, library]) => [name, library] as const))
  expect(ours.length).toBeGreaterThan(rows.length - 1) // at least one in every row
  for (const [name, library] of ours) expect(Object.keys((await import(library)) as object), `${library} has ${name}`).toContain(name)
})

it('every file that it names is there', () => {
  const text = readFileSync(`${workspace}docs/assignment.md`, 'utf8')
  const files = [...text.matchAll(/`(images\/[\w-]+\.ts)`/g)]
  expect(files).toHaveLength(2)
  for (const [, file] of files) expect(existsSync(`${workspace}apps/assignment-runner/src/${file}`), file).toBe(true)
})
