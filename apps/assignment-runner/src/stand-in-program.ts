/**
 * For tests of signals: the program as a process of its own, with one part that draws on until it is told to stop. Its
 * first argument says how the part takes that; the others are the command line.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { PartContext, PartResult } from './part'
import { runAssignment } from './run-assignment'
import { standInHost, standInPart } from './stand-in-host'

const [manner = '', ...argv] = process.argv.slice(2)

async function draws({ folder, signal, progress }: PartContext): Promise<PartResult> {
  folder.write('first.txt', 'kept')
  const stage = progress.stage('draw', 10_000)
  for (let step = 1; step <= 10_000; step++) {
    stage.advance(step)
    if (step === 5) process.stdout.write('at work\n')
    await pause(10)
    if (manner === 'throws') signal.throwIfAborted()
    if (manner === 'returns' && signal.aborted) break
  }
  return { metrics: {}, bars: [] }
}

const { stdout, stderr, env } = process
const exit = (code: number) => process.exit(code)
const host = standInHost([standInPart(1, { run: draws })], { stdout, stderr, env, signals: process, exit })
process.exitCode = await runAssignment(argv, host)
