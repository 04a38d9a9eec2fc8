import { engineNames } from '@sbgm/backends'
import { describe, expect, it } from 'vitest'
import { readCommandLine } from './command-line'
import { UsageError } from './errors'
import { engineChoices, flagOf } from './options'

const program = { version: '1.2.3', parts: [1, 3] } as const

function optionsOf(...argv: string[]) {
  const request = readCommandLine(argv, program)
  if (request.kind !== 'run') throw new Error(`no run was asked for: ${JSON.stringify(request)}`)
  return request.options
}

function refusalOf(...argv: string[]): string {
  try {
    readCommandLine(argv, program)
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  }
  throw new Error(`${argv.join(' ')} was taken`)
}

describe('the command line', () => {
  it('without options runs every part that this version has, with the defaults', () => {
    expect(optionsOf()).toEqual({
      parts: [1, 3],
      profile: 'auto',
      dataset: 'auto',
      dataDir: undefined,
      out: 'outputs',
      engine: 'auto',
      seed: 0,
      studentId: undefined,
      gammas: [0.5, 1, 2, 5],
      class: undefined,
      inpainting: false,
      resume: false,
      strict: false,
    })
  })

  it('takes every option of the contract', () => {
    const choices = '--parts 3,1 --profile smoke --dataset mnist --data-dir d --out o --engine cpu --seed 7'
    const rest = '--student-id 007 --gammas 4,0.25,4 --class Sandal --inpainting --resume --strict'
    expect(optionsOf(...choices.split(' '), ...rest.split(' '))).toEqual({
      parts: [1, 3],
      profile: 'smoke',
      dataset: 'mnist',
      dataDir: 'd',
      out: 'o',
      engine: 'cpu',
      seed: 7,
      studentId: '007',
      gammas: [0.25, 4],
      class: 'Sandal',
      inpainting: true,
      resume: true,
      strict: true,
    })
    expect(optionsOf('--seed=9', '--out=--x')).toMatchObject({ seed: 9, out: '--x' })
  })

  it.each([
    ['auto', 'smoke', 'quick', 'full'].map((name) => ['--profile', name] as const),
    ['auto', 'mnist', 'fashion-mnist', 'digits'].map((name) => ['--dataset', name] as const),
    ['auto', 'onnx', 'webgpu', 'wasm', 'node', 'node-gpu', 'cpu'].map((name) => ['--engine', name] as const),
  ].flat())('takes %s %s', (flag, name) => {
    expect(Object.values(optionsOf(flag, name))).toContain(name)
  })

  it('names the engines that @sbgm/backends names', () => {
    expect([...engineChoices].sort()).toEqual([...engineNames].sort())
  })

  it.each([
    ['--profil', '--profile'],
    ['--prats', '--parts'],
    ['--data', '--dataset'],
    ['--data-folder', '--data-dir'],
    ['--datset', '--dataset'],
    ['--student', '--student-id'],
    ['--sead=3', '--seed'],
    ['--gamma', '--gammas'],
    ['--clas', '--class'],
    ['--inpaint', '--inpainting'],
    ['--versoin', '--version'],
    ['-x', '--'],
  ])('refuses the unknown option %s on one line with the nearest name', (flag, nearest) => {
    const message = refusalOf(flag)
    expect(message).toContain(`unknown option ${flag.split('=')[0]}`)
    expect(message).toContain(`Nearest: ${nearest}`)
    expect(message).not.toContain('\n')
  })

  it.each([
    ['--profile', 'fast', 'auto'],
    ['--profile', 'ful', 'full'],
    ['--profile', 'QUICK', 'quick'],
    ['--dataset', 'fashion', 'fashion-mnist'],
    ['--dataset', 'digit', 'digits'],
    ['--engine', 'gpu', 'cpu'],
    ['--engine', 'web-gpu', 'webgpu'],
  ])('refuses %s %s and names the nearest value, %s', (flag, given, nearest) => {
    const message = refusalOf(flag, given)
    expect(message).toMatch(new RegExp(`^${flag} must be one of .*; got '${given}'\\. Nearest: ${nearest}\\.$`))
  })

  it.each(['1.5', 'abc', '-1', '', '1e3', '0x10', 'NaN', '9007199254740992', ' 1'])('refuses the seed "%s"', (seed) => {
    expect(refusalOf('--seed', seed)).toBe(`--seed must be a whole number from 0 to 9007199254740991; got '${seed}'.`)
  })

  it('takes seeds from 0 to 2^53 − 1', () => {
    expect(optionsOf('--seed', '0').seed).toBe(0)
    expect(optionsOf('--seed', '9007199254740991').seed).toBe(Number.MAX_SAFE_INTEGER)
  })

  it.each(['', 'a b', 'ä', '../x', 'x'.repeat(33)])('refuses the student ID "%s"', (id) => {
    expect(refusalOf('--student-id', id)).toContain(`1 to 32 characters out of A-Z a-z 0-9 _ -; got '${id}'`)
  })

  it('takes a student ID of 32 characters, and one that begins with a minus', () => {
    expect(optionsOf('--student-id', 'A'.repeat(32)).studentId).toHaveLength(32)
    expect(optionsOf('--student-id', '-0_a').studentId).toBe('-0_a')
  })

  it.each(['-1', '0.5,-2', 'Infinity', 'NaN', '1e999', '', '1,', ' ', 'two', '0x2', '1;2'])('refuses the scales "%s"', (given) => {
    expect(refusalOf(`--gammas=${given}`)).toBe(`--gammas must be finite numbers of at least 0, separated by commas, such as 0.5,1,2,5; got '${given}'.`)
  })

  it('refuses a 0 alone as scale of the guidance, and drops it beside others, since it is always there', () => {
    expect(refusalOf('--gammas', '0')).toMatch(/^--gammas must name at least one number above 0, .*; got '0'\.$/)
    expect(optionsOf('--gammas', '0, 10 ,1e-1').gammas).toEqual([0.1, 10])
  })

  it('refuses a class without a name', () => {
    expect(refusalOf('--class', ' ')).toBe("--class must be the number or the name of a class, or all; got ' '.")
  })

  it.each([
    ['2', 'this version has: 1, 3'],
    ['1,4', 'this version has: 1, 3'],
    ['5', 'out of 1, 3'],
    ['one', 'out of 1, 3'],
    ['13', 'out of 1, 3'],
    ['', 'out of 1, 3'],
    ['1,', 'out of 1, 3'],
    ['01', 'out of 1, 3'],
  ])('refuses --parts "%s" and says which exist', (given, have) => {
    const message = refusalOf('--parts', given)
    expect(message).toContain(have)
    expect(message).toContain(`got '${given}'`)
  })

  it('takes parts in any order, repeated or with blanks, and sorts them', () => {
    expect(optionsOf('--parts', '3, 1,3').parts).toEqual([1, 3])
  })

  it('refuses a value given twice, even the same', () => {
    expect(refusalOf('--seed', '1', '--seed', '1')).toBe("--seed must be given once; got it again with '1'.")
  })

  it('refuses --data-dir beside --dataset digits, which reads no files', () => {
    const message = refusalOf('--dataset', 'digits', '--data-dir', 'd')
    expect(message).toMatch(/^--data-dir and --dataset digits exclude each other/)
  })

  it("refuses an option's name in place of a value, and a value that is missing", () => {
    expect(refusalOf('--out', '--resume')).toBe('--out needs a value; got the option --resume in its place.')
    expect(refusalOf('--out')).toBe('--out needs a value: --out <DIR>.')
    expect(refusalOf('--out', '')).toBe("--out must name a folder; got ''.")
  })

  it('refuses stray words and a value for an option that takes none', () => {
    expect(refusalOf('smoke')).toContain("got 'smoke'")
    expect(refusalOf('--parts', '1', '3')).toContain("got '3'")
    expect(refusalOf('--strict=yes')).toContain('--strict')
  })

  it('prints the version and, for --help, every option of the contract with the parts that exist', () => {
    expect(readCommandLine(['--version'], program)).toEqual({ kind: 'print', text: '1.2.3\n' })
    const help = readCommandLine(['--help'], program)
    for (const flag of [...Object.values(flagOf), '--help', '--version', 'this version has 1, 3', 'Exit codes']) {
      expect(help).toEqual({ kind: 'print', text: expect.stringContaining(flag) as string })
    }
  })
})
