import { engineNames } from '@sbgm/backends'
import { describe, expect, it } from 'vitest'
import { readCommandLine } from './command-line'
import { UsageError } from './errors'
import { samplerNames } from './images/sampler-choice'
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
      allowSoftwareAdapter: false,
      threads: undefined,
      seed: 0,
      studentId: undefined,
      sampler: undefined,
      steps: undefined,
      gammas: [0.5, 1, 2, 5],
      class: undefined,
      inpainting: false,
      resume: false,
      strict: false,
    })
  })

  it('takes every option of the contract', () => {
    const choices = '--parts 3,1 --profile smoke --dataset mnist --data-dir d --out o --engine cpu --threads 3 --seed 7'
    const rest = '--student-id 007 --sampler uni-pc --steps 15 --gammas 4,0.25,4 --class Sandal --inpainting --resume --strict'
    expect(optionsOf(...choices.split(' '), ...rest.split(' '))).toEqual({
      parts: [1, 3],
      profile: 'smoke',
      dataset: 'mnist',
      dataDir: 'd',
      out: 'o',
      engine: 'cpu',
      allowSoftwareAdapter: false,
      threads: 3,
      seed: 7,
      studentId: '007',
      sampler: 'uni-pc',
      steps: 15,
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
    ['--samplr', '--sampler'],
    ['--step', '--steps'],
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
    ['--engine', 'gpu', 'webgpu'],
    ['--sampler', 'dpm-solver-plus-plus', 'dpm-solver-plus-plus-2s'],
    ['--sampler', 'eulermaruyama', 'euler-maruyama'],
    ['--sampler', 'DDIM', 'ddim'],
    ['--engine', 'web-gpu', 'webgpu'],
  ])('refuses %s %s and names the nearest value, %s', (flag, given, nearest) => {
    const message = refusalOf(flag, given)
    expect(message).toMatch(new RegExp(`^${flag} must be one of .*; got '${given}'\\. Nearest: ${nearest}\\.$`))
  })

  it.each(['0', '-1', '1.5', '1025'])('refuses %s threads', (given) => {
    expect(refusalOf(`--threads=${given}`)).toBe(`--threads must be a whole number from 1 to 1024; got '${given}'.`)
  })

  it.each(samplerNames)('takes --sampler %s', (name) => {
    expect(optionsOf('--sampler', name).sampler).toBe(name)
  })

  it.each(['0', '-1', '1.5', '', '1e3', '0x10', ' 5', '100001', 'many'])('refuses the number of steps "%s"', (given) => {
    expect(refusalOf(`--steps=${given}`)).toBe(`--steps must be a whole number from 1 to 100000; got '${given}'.`)
  })

  it.each([
    ['dormand-prince', 'runge-kutta-4'],
    ['adaptive-sde', 'stochastic-improved-euler'],
  ])('refuses --steps beside --sampler %s, which takes none, and says what does', (sampler, instead) => {
    const message = `--steps does not go with --sampler ${sampler}, which chooses its own steps; got 20. Drop it, or give --sampler ${instead}.`
    expect(refusalOf('--sampler', sampler, '--steps', '20')).toBe(message)
    expect(refusalOf('--steps', '20', '--sampler', sampler)).toBe(message)
  })

  it.each([
    ['dpm-solver-plus-plus-2m', 2],
    ['sde-dpm-solver-plus-plus', 2],
    ['dpm-solver-plus-plus-3m', 3],
    ['uni-pc', 2],
    ['uni-pc-3', 3],
  ])('refuses fewer steps than the order of the multistep method %s: it needs %d', (sampler, least) => {
    expect(refusalOf('--sampler', sampler, '--steps', String(least - 1))).toBe(
      `--steps must be at least ${least} for --sampler ${sampler}; got ${least - 1}. Give more, or --sampler ddim.`,
    )
    expect(optionsOf('--sampler', sampler, '--steps', String(least)).steps).toBe(least)
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

  it('takes the comparison by name, behind the numbers, and leaves it out where no parts are named', () => {
    const withComparison = (...argv: string[]) => {
      const request = readCommandLine(argv, { version: '1.2.3', parts: ['compare', 3, 1] })
      return request.kind === 'run' ? request.options.parts : undefined
    }
    expect(withComparison()).toEqual([1, 3])
    expect(withComparison('--parts', 'compare')).toEqual(['compare'])
    expect(withComparison('--parts', 'compare,3')).toEqual([3, 'compare'])
    expect(refusalOf('--parts', 'compare')).toBe("--parts must name parts that this version has: 1, 3; got 'compare'.")
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

  it('takes --allow-software-adapter beside --engine webgpu and onnx-webgpu, which alone have one, and nowhere else', () => {
    expect(readCommandLine(['--engine', 'onnx-webgpu', '--allow-software-adapter'], program)).toMatchObject({ options: { engine: 'onnx-webgpu', allowSoftwareAdapter: true } })
    expect(readCommandLine(['--engine', 'webgpu', '--allow-software-adapter'], program)).toMatchObject({ options: { engine: 'webgpu', allowSoftwareAdapter: true } })
    expect(refusalOf('--allow-software-adapter')).toBe('--allow-software-adapter must stand beside --engine webgpu or --engine onnx-webgpu, the engines that it is for; got no --engine.')
    expect(refusalOf('--engine', 'wasm', '--allow-software-adapter')).toContain('got --engine wasm.')
  })

  it('refuses stray words and a value for an option that takes none', () => {
    expect(refusalOf('smoke')).toContain("got 'smoke'")
    expect(refusalOf('--parts', '1', '3')).toBe("every word must be an option or its value; got '3'. See --help.")
    expect(refusalOf('smaple', '--count', '3')).toBe("the first word must be an option or a command; got 'smaple'. Nearest command: sample. See --help.")
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
