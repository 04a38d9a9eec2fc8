import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { BackendUnavailableError, openBackend } from '@sbgm/backends'
import { memory } from '@tensorflow/tfjs-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noAdapter, offerSwiftShader } from '../../../../tools/software-gpu'
import type { Bar } from '../bar'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'
import { part1 } from './part1'

let missing: string | undefined
beforeAll(async () => {
  offerSwiftShader()
  try {
    await (await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })).close()
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error)) throw error
    missing = noAdapter(error.message)
  }
})
beforeEach((context) => void (missing !== undefined && context.skip(missing)))

describe('part 1 in the smoke profile on webgpu', () => {
  it('trains, simulates and draws everything: every bar has the value that it has on wasm to 1 % of its size, and no tensor is left', async () => {
    await inTemporaryFolder(async (out) => {
      const run = async (engine: string, ...more: string[]) => {
        const host = standInHost([part1], { openBackend })
        const code = await runAssignment(['--profile', 'smoke', '--engine', engine, ...more, '--out', join(out, engine)], host)
        expect(code, host.said.stdout() + host.said.stderr()).toBe(0)
        expect(host.said.stdout() + host.said.stderr()).toContain(`engine ${engine} (tfjs backend ${engine} 4.22.0`)
        return (JSON.parse(readFileSync(join(out, engine, 'part1', 'metrics.json'), 'utf8')) as { bars: Bar[] }).bars
      }
      const backend = await openBackend({ engine: 'webgpu', allowSoftwareAdapter: true })
      const before = memory().numTensors
      const onGpu = await run('webgpu', '--allow-software-adapter')
      expect(memory().numTensors).toBe(before)
      await backend.close()
      const onWasm = await run('wasm')
      expect(onGpu).toHaveLength(17)
      onGpu.forEach(({ name, value }, i) => expect(Math.abs(value - onWasm[i].value), `${name}: ${value} for ${onWasm[i].value}`).toBeLessThan(0.01 * Math.abs(onWasm[i].value)))
    })
  })
})
