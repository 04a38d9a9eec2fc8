import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { outputFolder } from './output-folder'
import { inTemporaryFolder } from './stand-in-host'

const hash = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')

it('remembers size and hash of each file as it lies on disk, by path', () =>
  inTemporaryFolder((out) => {
    const folder = outputFolder({ out, name: 'part1' })
    folder.write('figures/b.svg', 'Wässerstein')
    folder.write('a.bin', new Uint8Array([1, 2, 250]))
    expect(folder.files()).toEqual([
      { path: 'part1/a.bin', bytes: 3, sha256: hash(readFileSync(join(out, 'part1/a.bin'))) },
      { path: 'part1/figures/b.svg', bytes: 12, sha256: hash(readFileSync(join(out, 'part1/figures/b.svg'))) },
    ])
    expect(new TextDecoder().decode(folder.read('figures/b.svg'))).toBe('Wässerstein')
  }))

it('a file written again is recorded once, as it is now', () =>
  inTemporaryFolder((out) => {
    const folder = outputFolder({ out, name: 'part1' })
    folder.write('a.txt', 'first')
    folder.write('a.txt', 'then')
    expect(folder.files()).toEqual([{ path: 'part1/a.txt', bytes: 4, sha256: hash('then') }])
  }))

it('tells of each write', () =>
  inTemporaryFolder((out) => {
    let told = 0
    const folder = outputFolder({ out, name: 'part1', onWrite: () => told++ })
    folder.write('a.txt', 'a')
    folder.write('b.txt', 'b')
    expect(told).toBe(2)
  }))

it('knows files of an earlier run only where it was told of them and they are unchanged', () =>
  inTemporaryFolder((out) => {
    const first = outputFolder({ out, name: 'part1' })
    for (const name of ['kept', 'changed', 'gone']) first.write(name, `data of ${name}`)
    writeFileSync(join(out, 'part1', 'changed'), 'data of chANGED')
    rmSync(join(out, 'part1', 'gone'))
    const resumed = outputFolder({ out, name: 'part1', known: first.files() })
    expect(['kept', 'changed', 'gone', 'never'].map((name) => resumed.has(name))).toEqual([true, false, false, false])
    expect(resumed.files().map(({ path }) => path)).toEqual(['part1/kept'])
    expect(() => resumed.read('changed')).toThrow(/part1\/changed must be as this run wrote it/)
    expect(outputFolder({ out, name: 'part1' }).has('kept')).toBe(false)
  }))

it.each(['', '.', '..', '../a', 'a/../../b', '/a', 'a//b', './a', 'a\\b', 'C:a', 'a/'])(
  'refuses the file name "%s", which is not in the folder or not in normal form',
  (name) =>
    inTemporaryFolder((out) => {
      const folder = outputFolder({ out, name: 'part1' })
      expect(() => folder.write(name, 'x')).toThrow(RangeError)
      expect(existsSync(join(out, 'part1'))).toBe(false)
    }),
)
