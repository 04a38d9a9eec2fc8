import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { beforeAll, describe, expect, it } from 'vitest'
import { readEarlierRun } from './earlier-run'
import { inTemporaryFolder } from './stand-in-host'

const program = fileURLToPath(new URL('./stand-in-program.ts', import.meta.url))
// below node_modules of the app, so that what is not bundled is found from there
const bundles = fileURLToPath(new URL('../node_modules/.cache/stand-in-program', import.meta.url))

beforeAll(async () => {
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@sbgm/source'] },
    ssr: { noExternal: [/^@sbgm\//], resolve: { conditions: ['@sbgm/source'] } },
    build: {
      ssr: program,
      outDir: bundles,
      emptyOutDir: true,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'program.mjs' } },
    },
  })
})

interface Ended {
  readonly code: number | null
  readonly by: NodeJS.Signals | null
  readonly stderr: string
  /** From the first signal to the end. */
  readonly ms: number
}

/** Starts the program, waits until its part is at work, sends the signals at their times, and waits for its end. */
async function interrupted(
  manner: string,
  argv: readonly string[],
  signals: readonly (readonly [ms: number, signal: NodeJS.Signals])[],
): Promise<Ended> {
  const bundle = join(bundles, 'program.mjs')
  const child = spawn(process.execPath, [bundle, manner, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stderr.on('data', (text) => (stderr += String(text)))
  const ended = new Promise<Pick<Ended, 'code' | 'by'>>((resolve) => {
    child.on('close', (code, by) => resolve({ code, by }))
  })
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (text) => {
      stdout += String(text)
      if (stdout.includes('at work')) resolve()
    })
    child.on('close', () => reject(new Error(`the program ended before its work: ${stdout}${stderr}`)))
  })
  const start = performance.now()
  for (const [ms, signal] of signals) {
    await pause(Math.max(0, start + ms - performance.now()))
    child.kill(signal)
  }
  return { ...(await ended), stderr, ms: performance.now() - start }
}

/** What OUT holds after an interruption: status of the part and names of its files. */
function kept(out: string) {
  const { status, files } = readEarlierRun(out)?.parts[0] ?? {}
  return { status, recorded: files?.map(({ path }) => path), onDisk: readdirSync(join(out, 'part1')) }
}

const whatWasDone = { status: 'interrupted', recorded: ['part1/first.txt'], onDisk: ['first.txt'] }

describe('a process that is interrupted', () => {
  it.each([
    ['SIGINT', 130, 'throws'],
    ['SIGINT', 130, 'returns'],
    ['SIGTERM', 143, 'throws'],
  ] as const)('ends on %s within a second with code %i where its part %s, what is done kept', (signal, code, manner) =>
    inTemporaryFolder(async (out) => {
      const ended = await interrupted(manner, ['--out', out], [[0, signal]])
      expect(ended).toMatchObject({ code, by: null })
      expect(ended.stderr).toBe('interrupted; the files that were finished are kept, --resume goes on from them\n')
      expect(ended.ms).toBeLessThan(1000)
      expect(kept(out)).toEqual(whatWasDone)
    }),
  )

  it('is ended by force within a second where its part does not listen, the manifest saved before', () =>
    inTemporaryFolder(async (out) => {
      const ended = await interrupted('ignores', ['--out', out], [[0, 'SIGINT']])
      expect(ended).toMatchObject({ code: 130, by: null })
      expect(ended.ms).toBeGreaterThan(750)
      expect(ended.ms).toBeLessThan(1000)
      expect(kept(out)).toEqual(whatWasDone)
    }))

  it('takes two signals of one key press for one: from the terminal, and from npm', () =>
    inTemporaryFolder(async (out) => {
      const ended = await interrupted('ignores', ['--out', out], [[0, 'SIGINT'], [60, 'SIGINT']])
      expect(ended).toMatchObject({ code: 130, by: null })
      expect(ended.ms).toBeGreaterThan(750)
    }))

  it('ends at once at the second press', () =>
    inTemporaryFolder(async (out) => {
      const ended = await interrupted('ignores', ['--out', out], [[0, 'SIGINT'], [400, 'SIGINT']])
      expect(ended).toMatchObject({ code: 130, by: null })
      expect(ended.ms).toBeLessThan(750)
      expect(kept(out)).toEqual(whatWasDone)
    }))

  it('leaves a whole manifest even where it is killed outright, and --resume takes what it had written', () =>
    inTemporaryFolder(async (out) => {
      expect(await interrupted('throws', ['--out', out], [[0, 'SIGKILL']])).toMatchObject({ by: 'SIGKILL' })
      expect(kept(out)).toEqual({ ...whatWasDone, status: 'running' })
      expect(readFileSync(join(out, 'part1', 'first.txt'), 'utf8')).toBe('kept')
      expect(await interrupted('throws', ['--out', out, '--resume'], [[0, 'SIGINT']])).toMatchObject({ code: 130 })
      expect(kept(out)).toEqual(whatWasDone)
    }))
})
