import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { fillUniform } from '@sbgm/sde-core'
import { parseLog, train, type TrainingState } from '@sbgm/training'
import { checkpointStore, readCheckpoint } from '@sbgm/training/node'
import { setBackend } from '@tensorflow/tfjs-core'
import { build } from 'vite'
import { beforeAll, describe, expect, it } from 'vitest'
import { standInRun } from './stand-in-training'
import { inTemporaryFolder } from './temporary-folder'

// below a node_modules, so that what is not bundled is found from there
const bundles = fileURLToPath(new URL('../../node_modules/.cache/stand-in-training', import.meta.url))

beforeAll(async () => {
  await setBackend('cpu')
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@sbgm/source'] },
    ssr: { noExternal: [/^@sbgm\//], resolve: { conditions: ['@sbgm/source'] } },
    build: {
      ssr: fileURLToPath(new URL('./stand-in-training.ts', import.meta.url)),
      outDir: bundles,
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'program.mjs' } },
    },
  })
}, 60_000)

interface Ended {
  readonly code: number | null
  readonly by: NodeJS.Signals | null
  readonly stderr: string
}

/** Runs the program; kills it outright some time after it began to save, where one is given. */
async function program(folder: string, steps: number, killAfter?: number): Promise<Ended> {
  const child = spawn(process.execPath, [join(bundles, 'program.mjs'), folder, String(steps)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SBGM_STAND_IN: 'training' },
  })
  let stderr = ''
  child.stderr.on('data', (text) => (stderr += String(text)))
  const ended = new Promise<Ended>((resolve) => child.on('close', (code, by) => resolve({ code, by, stderr })))
  if (killAfter !== undefined) {
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended])
    await pause(killAfter)
    child.kill('SIGKILL')
  } else child.stdout.resume()
  return ended
}

const filesIn = (folder: string) => readdirSync(join(folder, 'checkpoints'))
const stepsIn = (folder: string) => parseLog(readFileSync(join(folder, 'log.jsonl'), 'utf8')).map(({ step }) => step)
const upTo = (steps: number) => Array.from({ length: steps }, (_, i) => i + 1)

describe('a training process', () => {
  it('killed outright 20 times (seed 4) always goes on, never leaves a broken file, and ends bit for bit where an undisturbed run does', () =>
    inTemporaryFolder(async (folder) => {
      const moments = new Float64Array(20)
      fillUniform(moments, 20, { seed: 4, stream: 'kills', step: 0, firstSample: 0, draw: 0 })
      const store = checkpointStore({ folder: join(folder, 'checkpoints') })
      let step = 0
      let leftovers = 0
      for (const moment of moments) {
        expect(await program(folder, 1_000_000, 150 * moment)).toMatchObject({ by: 'SIGKILL' })
        const names = filesIn(folder)
        const whole = names.filter((name) => name.endsWith('.safetensors'))
        for (const name of whole) await readCheckpoint(join(store.folder, name))
        leftovers += names.length - whole.length
        const reached = (await store.latest())?.state.step ?? NaN
        expect(reached).toBeGreaterThan(step)
        step = reached
      }
      expect(leftovers).toBeGreaterThan(0) // so kills did fall into the writing of a file

      const end = step + 5
      expect(await program(folder, end)).toMatchObject({ code: 0, by: null })
      let undisturbed: TrainingState | undefined
      for await (const event of train(standInRun(end))) if (event.step === end) undisturbed = await event.snapshot()
      expect({ ...(await store.latest())?.state, seconds: 0 }).toEqual({ ...undisturbed, seconds: 0 })
      expect(stepsIn(folder)).toEqual(upTo(end))
      expect(filesIn(folder).every((name) => /^step-\d+\.safetensors$/.test(name))).toBe(true)
    }), 180_000)
})
