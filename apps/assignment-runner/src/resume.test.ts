import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openBackend } from '@sbgm/backends'
import { describe, expect, it } from 'vitest'
import { atMost } from './bar'
import { readEarlierRun } from './earlier-run'
import type { PartContext } from './part'
import type { Host } from './host'
import { runAssignment } from './run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from './stand-in-host'

/** Runs with the arguments in OUT; gives the exit code, what was said, and how often each part ran. */
async function runIn(
  out: string,
  argv: readonly string[],
  parts = [standInPart(1), standInPart(2)],
  world?: Partial<Host>,
) {
  const host = standInHost(parts, world)
  const code = await runAssignment(['--out', out, ...argv], host)
  return { code, stdout: host.said.stdout(), stderr: host.said.stderr(), runs: parts.map(({ runs }) => runs()) }
}

const statuses = (out: string) => readEarlierRun(out)?.parts.map(({ part, status }) => [part, status])

describe('--resume', () => {
  it('skips complete parts whose files are whole, says so, and keeps their manifest entries', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      const before = readEarlierRun(out)?.parts
      const { code, stdout, runs } = await runIn(out, ['--resume'])
      expect(code).toBe(0)
      expect(runs).toEqual([0, 0])
      expect(stdout).toMatch(/Part 1, stand-in 1: skipped, done by an earlier run in \d/)
      expect(stdout).toContain('All 2 bars met.')
      expect(readEarlierRun(out)?.parts).toEqual(before)
    }))

  it('does a part again whose file was changed or is missing, and says which file', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      writeFileSync(join(out, 'part1', 'figure.txt'), 'drawn with seed 9') // same size, other content
      rmSync(join(out, 'part2', 'metrics.json'))
      const { code, stdout, runs } = await runIn(out, ['--resume'])
      expect(code).toBe(0)
      expect(runs).toEqual([1, 1])
      expect(stdout).toContain('missing or were changed: part1/figure.txt')
      expect(stdout).toContain('missing or were changed: part2/metrics.json')
      expect(readFileSync(join(out, 'part1', 'figure.txt'), 'utf8')).toBe('drawn with seed 0')
    }))

  it('runs what is not there yet, and where nothing is there says so and runs all', () =>
    inTemporaryFolder(async (out) => {
      const first = await runIn(out, ['--resume', '--parts', '1'])
      expect(first.runs).toEqual([1, 0])
      expect(first.stdout).toContain('--resume: nothing is there yet')
      expect((await runIn(out, ['--resume'])).runs).toEqual([0, 1])
    }))

  it('hands a part that failed its whole files, and lists them with the new ones', () =>
    inTemporaryFolder(async (out) => {
      const stops = (context: PartContext) => {
        context.folder.write('step-1.txt', 'first')
        return Promise.reject(new Error('stopped'))
      }
      const goesOn = ({ folder, resume }: PartContext) => {
        const known = resume && folder.has('step-1.txt') ? new TextDecoder().decode(folder.read('step-1.txt')) : 'none'
        folder.write('step-2.txt', `${known}, second`)
        return Promise.resolve({ metrics: {}, bars: [] })
      }
      expect((await runIn(out, [], [standInPart(1, { run: stops })])).code).toBe(1)
      expect((await runIn(out, ['--resume'], [standInPart(1, { run: goesOn })])).code).toBe(0)
      expect(readFileSync(join(out, 'part1', 'step-2.txt'), 'utf8')).toBe('first, second')
      const files = readEarlierRun(out)?.parts[0]?.files.map(({ path }) => path)
      expect(files).toEqual(['part1/metrics.json', 'part1/step-1.txt', 'part1/step-2.txt'])
    }))

  it.each([
    ['--seed', ['--seed', '1'], '--seed 0 in part 1, this one --seed 1'],
    ['--profile', ['--profile', 'full'], '--profile quick in part 1, this one --profile full'],
  ])('with another %s is exit code 2, names both values and a remedy, and changes nothing', (_flag, argv, difference) =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      const before = readFileSync(join(out, 'manifest.json'), 'utf8')
      const { code, stderr, runs } = await runIn(out, ['--resume', ...argv])
      expect(code).toBe(2)
      expect(stderr).toBe(
        `error: --resume needs the configuration of the run in '${out}': that one has ${difference}. ` +
          'Give another --out, or drop --resume.\n',
      )
      expect(runs).toEqual([0, 0])
      expect(readFileSync(join(out, 'manifest.json'), 'utf8')).toBe(before)
    }),
  )

  it('with another engine is exit code 2 (wasm after cpu, both real)', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, ['--engine', 'cpu'])
      const { code, stderr } = await runIn(out, ['--resume', '--engine', 'wasm'], [standInPart(1)], { openBackend })
      expect(code).toBe(2)
      expect(stderr).toContain('--engine cpu in part 1, this one --engine wasm')
    }))

  it('with another number of threads of onnx is exit code 2; with the same, and after a run that recorded none, it goes on', () =>
    inTemporaryFolder(async (out) => {
      const world = { findOnnxRuntime: () => Promise.resolve({ version: '1.30.0', devices: ['cpu'] as const }) }
      const onThreads = (threads: string, ...more: string[]) => runIn(out, ['--threads', threads, ...more], [standInPart(1)], world)
      await onThreads('2')
      const { code, stderr } = await onThreads('3', '--resume')
      expect(code).toBe(2)
      expect(stderr).toContain('--threads 2 in part 1, this one --threads 3')
      expect((await onThreads('2', '--resume')).runs).toEqual([0])
      const path = join(out, 'manifest.json')
      const manifest = JSON.parse(readFileSync(path, 'utf8')) as { parts: { configuration: Record<string, unknown> }[] }
      delete manifest.parts[0].configuration['threads']
      writeFileSync(path, JSON.stringify(manifest))
      expect((await onThreads('3', '--resume')).runs).toEqual([0])
    }))

  it('with other versions of the libraries is exit code 2 and names the library', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      const path = join(out, 'manifest.json')
      const text = readFileSync(path, 'utf8')
      writeFileSync(path, text.replace(/"@tensorflow\/tfjs-core": "[^"]*"/, '"@tensorflow/tfjs-core": "4.21.0"'))
      const { code, stderr } = await runIn(out, ['--resume'])
      expect(code).toBe(2)
      expect(stderr).toContain('that one has @tensorflow/tfjs-core 4.21.0, this one 4.22.0')
    }))

  it('compares options only for the parts that read them', () =>
    inTemporaryFolder(async (out) => {
      const parts = () => [standInPart(1), standInPart(2, { reads: ['dataset', 'studentId'] })]
      await runIn(out, ['--parts', '1', '--dataset', 'mnist'], parts())
      expect((await runIn(out, ['--resume', '--parts', '1', '--dataset', 'digits'], parts())).runs).toEqual([0, 0])
      await runIn(out, ['--resume', '--dataset', 'digits'], parts())
      const { code, stderr } = await runIn(out, ['--resume', '--dataset', 'digits', '--student-id', '007'], parts())
      expect(code).toBe(2)
      expect(stderr).toContain('--student-id not given in part 2, this one --student-id 007')
    }))

  describe('where a part is only to be sampled otherwise', () => {
    /** A part that trains a network unless it finds it trained, and samples from it. */
    const sampled = (seen: string[] = []) => standInPart(2, {
      reads: ['sampler', 'steps'],
      trained: ['network.txt'],
      run({ folder, resume, options: { sampler = 'its own' } }) {
        const known = resume && folder.has('network.txt')
        seen.push(`${known ? 'taken' : 'trained'}, ${folder.has('samples.txt') ? 'samples kept' : 'sampled'}`)
        if (!known) folder.write('network.txt', 'weights')
        folder.write(`samples-by-${sampler}.txt`, sampler)
        return Promise.resolve({ metrics: {}, bars: [] })
      },
    })
    const files = (out: string) => readdirSync(join(out, 'part2')).sort()

    it('goes on from what was trained, says so, replaces all else, and records the sampler', () =>
      inTemporaryFolder(async (out) => {
        const seen: string[] = []
        await runIn(out, [], [sampled(seen)])
        const { code, stdout } = await runIn(out, ['--resume', '--sampler', 'ddim', '--steps', '7'], [sampled(seen)])
        expect(code).toBe(0)
        expect(stdout).toContain('  sampled anew, from what the earlier run has trained: that one has --sampler not given in part 2, this one --sampler ddim\n')
        expect(seen).toEqual(['trained, sampled', 'taken, sampled'])
        expect(files(out)).toEqual(['metrics.json', 'network.txt', 'samples-by-ddim.txt'])
        const entry = readEarlierRun(out)?.parts[0]
        expect(entry?.configuration).toMatchObject({ sampler: 'ddim', steps: 7 })
        expect(entry?.files.map(({ path }) => path)).toEqual(files(out).map((name) => `part2/${name}`))
        expect((await runIn(out, ['--resume', '--sampler', 'ddim', '--steps', '7'], [sampled(seen)])).stdout).toContain('skipped')
        expect(seen).toHaveLength(2)
      }))

    it('trains anew where the network is no longer whole', () =>
      inTemporaryFolder(async (out) => {
        const seen: string[] = []
        await runIn(out, [], [sampled(seen)])
        writeFileSync(join(out, 'part2', 'network.txt'), 'another')
        const { stdout } = await runIn(out, ['--resume', '--steps', '7'], [sampled(seen)])
        expect(stdout).toContain('missing or were changed: part2/network.txt')
        expect(seen).toEqual(['trained, sampled', 'trained, sampled'])
      }))

    it('without --resume trains anew, and says what --resume would do', () =>
      inTemporaryFolder(async (out) => {
        const seen: string[] = []
        await runIn(out, [], [sampled(seen)])
        const { stdout } = await runIn(out, ['--sampler', 'ddim'], [sampled(seen)])
        expect(stdout).toContain('  trained anew; with --resume it would go on from what the earlier run has trained\n')
        expect(seen).toEqual(['trained, sampled', 'trained, sampled'])
        expect(files(out)).toEqual(['metrics.json', 'network.txt', 'samples-by-ddim.txt'])
      }))

    it.each([[['--resume']], [[]]])('a part that is not asked for stays as it was sampled (%j)', (argv) =>
      inTemporaryFolder(async (out) => {
        await runIn(out, ['--parts', '2', '--sampler', 'ddim'], [standInPart(1), sampled()])
        const { code } = await runIn(out, [...argv, '--parts', '1'], [standInPart(1), sampled()])
        expect(code).toBe(0)
        expect(statuses(out)).toEqual([[1, 'complete'], [2, 'complete']])
        expect(readEarlierRun(out)?.parts[1]?.configuration).toMatchObject({ sampler: 'ddim' })
      }))

    it('another seed is still refused', () =>
      inTemporaryFolder(async (out) => {
        await runIn(out, [], [sampled()])
        const { code, stderr } = await runIn(out, ['--resume', '--sampler', 'ddim', '--seed', '1'], [sampled()])
        expect(code).toBe(2)
        expect(stderr).toContain('--seed 0 in part 2, this one --seed 1')
      }))

    it('goes on from a run of a version that recorded no sampler', () =>
      inTemporaryFolder(async (out) => {
        await runIn(out, [], [sampled()])
        const path = join(out, 'manifest.json')
        const manifest = JSON.parse(readFileSync(path, 'utf8')) as { parts: { configuration: Record<string, unknown> }[] }
        for (const option of ['sampler', 'steps']) delete manifest.parts[0].configuration[option]
        writeFileSync(path, JSON.stringify(manifest))
        expect((await runIn(out, ['--resume'], [sampled()])).runs).toEqual([0])
      }))
  })

  it('a missed bar of a skipped part still makes --strict exit code 3', () =>
    inTemporaryFolder(async (out) => {
      const parts = () => [standInPart(1, { run: () => Promise.resolve({ metrics: {}, bars: [atMost('e', 2, 1)] }) })]
      expect((await runIn(out, [], parts())).code).toBe(0)
      const { code, runs } = await runIn(out, ['--resume', '--strict'], parts())
      expect(code).toBe(3)
      expect(runs).toEqual([0])
    }))
})

describe('without --resume', () => {
  it('parts asked for are done again, and earlier results of the same configuration stay', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      expect((await runIn(out, ['--parts', '2'])).runs).toEqual([0, 1])
      expect(statuses(out)).toEqual([[1, 'complete'], [2, 'complete']])
    }))

  it('earlier results of another configuration are dropped from the manifest', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      await runIn(out, ['--parts', '2', '--seed', '1'])
      expect(statuses(out)).toEqual([[2, 'complete']])
    }))

  it('earlier results whose files were changed are dropped from the manifest', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      writeFileSync(join(out, 'part1', 'figure.txt'), 'scribbled over')
      await runIn(out, ['--parts', '2'])
      expect(statuses(out)).toEqual([[2, 'complete']])
    }))

  it('a part that a killed run left as running stays as interrupted', () =>
    inTemporaryFolder(async (out) => {
      await runIn(out, [])
      const path = join(out, 'manifest.json')
      writeFileSync(path, readFileSync(path, 'utf8').replace('"complete"', '"running"'))
      await runIn(out, ['--parts', '2'])
      expect(statuses(out)).toEqual([[1, 'interrupted'], [2, 'complete']])
    }))
})
