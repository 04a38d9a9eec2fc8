import fs from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { atomicWrite } from './atomic-write'
import { RunError } from './errors'
import { inTemporaryFolder } from './stand-in-host'

afterEach(() => vi.restoreAllMocks())

const failure = (code: string) => Object.assign(new Error(`${code}: it failed, write`), { code })

it('a file is written whole, in folders made for it, with nothing left beside it', () =>
  inTemporaryFolder((folder) => {
    atomicWrite(join(folder, 'a', 'b.txt'), 'whole', 'a/b.txt')
    expect(fs.readFileSync(join(folder, 'a', 'b.txt'), 'utf8')).toBe('whole')
    expect(fs.readdirSync(join(folder, 'a'))).toEqual(['b.txt'])
  }))

it('the data is synced to disk before it takes the name', () =>
  inTemporaryFolder((folder) => {
    const path = join(folder, 'a.txt')
    const order: string[] = []
    const { fsyncSync, renameSync } = fs
    vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
      order.push(`sync, named: ${fs.existsSync(path)}`)
      fsyncSync(file)
    })
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      order.push('rename')
      renameSync(from, to)
    })
    atomicWrite(path, 'x', 'a.txt')
    expect(order).toEqual(['sync, named: false', 'rename'])
  }))

it.each(['writeFileSync', 'fsyncSync', 'renameSync'] as const)(
  'where %s fails on a full disk, the old file stays whole, nothing lies beside it, and the error names file and cause',
  (step) =>
    inTemporaryFolder((folder) => {
      const path = join(folder, 'figure.svg')
      atomicWrite(path, 'the old one', 'part1/figure.svg')
      vi.spyOn(fs, step).mockImplementation(() => {
        throw failure('ENOSPC')
      })
      const write = () => atomicWrite(path, 'the new one', 'part1/figure.svg')
      expect(write).toThrow(RunError)
      expect(write).toThrow('cannot write part1/figure.svg: no space is left on the device (ENOSPC); free some')
      vi.restoreAllMocks()
      expect(fs.readFileSync(path, 'utf8')).toBe('the old one')
      expect(fs.readdirSync(folder)).toEqual(['figure.svg'])
    }),
)

it('a write that breaks off half-way leaves no half of a file', () =>
  inTemporaryFolder((folder) => {
    const { writeSync } = fs
    vi.spyOn(fs, 'writeFileSync').mockImplementation((file) => {
      writeSync(file as number, 'half of ')
      throw failure('EDQUOT')
    })
    expect(() => atomicWrite(join(folder, 'new.txt'), 'half of it', 'new.txt')).toThrow('disk quota')
    expect(fs.readdirSync(folder)).toEqual([])
  }))

it('a folder in the place of the file is an error that says so', () =>
  inTemporaryFolder((folder) => {
    fs.mkdirSync(join(folder, 'taken', 'inside'), { recursive: true })
    expect(() => atomicWrite(join(folder, 'taken'), 'x', 'taken')).toThrow(/cannot write taken: a folder stands/)
    expect(fs.readdirSync(folder)).toEqual(['taken'])
  }))
