import { openBackend } from '@sbgm/backends'
import { describe, expect, it } from 'vitest'
import type { Bar } from '../bar'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { exitCode } from '../exit-code'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { part1 } from './part1'

describe('part 1 in the quick profile', () => {
  it.each([0, 1, 2, 3, 4])('meets every bar for seed %i', async (seed) => {
    await inTemporaryFolder(async (out) => {
      const host = standInHost([part1], { openBackend })
      const code = await runAssignment(['--profile', 'quick', '--engine', 'wasm', '--seed', String(seed), '--strict', '--out', out], host)
      const { bars } = JSON.parse(readFileSync(join(out, 'part1', 'metrics.json'), 'utf8')) as { bars: Bar[] }
      console.log(`seed ${seed}: ${bars.map(({ name, value }) => `${name} ${value.toPrecision(3)}`).join('; ')}`)
      expect(bars.filter(({ pass }) => !pass)).toEqual([])
      expect(bars).toHaveLength(17)
      expect(code).toBe(exitCode.ok)
    })
  })
})
