import { describe, expect, it } from 'vitest'

const folderOf = (name: string) => new URL(`../../benchmarks/webgpu/${name}`, import.meta.url)
interface Outcome { readonly first: number; readonly milliseconds: readonly number[]; readonly error?: string }
const { readCommandLine } = (await import(folderOf('command-line.mjs').href)) as { readCommandLine: (argv: readonly string[]) => unknown }
const { inTurns, summary } = (await import(folderOf('in-turns.mjs').href)) as {
  inTurns: (runners: Readonly<Record<string, () => Promise<number>>>, rounds: number) => Promise<Record<string, Outcome>>
  summary: (values: readonly number[]) => unknown
}

describe('the options of npm run bench:gpu', () => {
  it('are by default what a card is measured with: the network and the batches of the profile full', () => {
    expect(readCommandLine([])).toEqual({
      network: { baseWidth: 32, multipliers: [1, 2, 2], blocksPerLevel: 2 },
      batches: { training: [128, 512], sampling: [64, 512] },
      rounds: 7, steps: 5, to: 'outputs/gpu-benchmark.json', twin: undefined, allowSoftwareAdapter: false, worker: undefined,
    })
  })

  it.each([
    [['--batches', '0'], "--batches must be whole numbers from 1, separated by commas; got '0'."],
    [['--sampling-batches', '64,x'], "--sampling-batches must be whole numbers from 1, separated by commas; got '64,x'."],
    [['--rounds', '1,2'], "--rounds must be one whole number from 1; got '1,2'."],
    [['--steps', '1.5'], "--steps must be whole numbers from 1, separated by commas; got '1.5'."],
    [['--network', '32:1,2'], "--network must be WIDTH:MULTIPLIERS:BLOCKS, such as 32:1,2,2:2; got '32:1,2'."],
    [['--network', '32:1:2:3'], "--network must be WIDTH:MULTIPLIERS:BLOCKS, such as 32:1,2,2:2; got '32:1:2:3'."],
  ])('%j are refused', (argv, message) => {
    expect(() => readCommandLine(argv)).toThrow(message)
  })
})

describe('runners in turns', () => {
  it('each have a first turn that is kept apart, then one per round, in their order', async () => {
    const turns: string[] = []
    const runner = (name: string, times: number[]) => () => (turns.push(name), Promise.resolve(times.shift() ?? NaN))
    const outcomes = await inTurns({ a: runner('a', [9, 1, 3]), b: runner('b', [8, 2, 4]) }, 2)
    expect(turns.join('')).toBe('ababab')
    expect(outcomes).toEqual({ a: { first: 9, milliseconds: [1, 3] }, b: { first: 8, milliseconds: [2, 4] } })
    expect(summary([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3, values: [3, 1, 2] })
  })

  it('go on without one that fails, whose reason is kept and who has no further turn', async () => {
    let turns = 0
    const failing = () => (++turns === 2 ? Promise.reject(new Error('no memory')) : Promise.resolve(1))
    const outcomes = await inTurns({ failing, other: () => Promise.resolve(2) }, 3)
    expect(outcomes).toEqual({ failing: { first: 1, milliseconds: [], error: 'no memory' }, other: { first: 2, milliseconds: [2, 2, 2] } })
    expect(turns).toBe(2)
  })
})
