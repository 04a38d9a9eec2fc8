import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readIfThere, removeAbandonedParts, writeAtomically } from './cache'

let folder: string
beforeEach(async () => { folder = await mkdtemp(join(tmpdir(), 'sbgm-cache-')) })
afterEach(() => rm(folder, { recursive: true }))

it('a file is written whole, into folders that are made for it, over the old one', async () => {
  const path = join(folder, 'a', 'b', 'file')
  await writeAtomically(path, Uint8Array.of(1, 2, 3))
  await writeAtomically(path, Uint8Array.of(4, 5))
  expect([...(await readFile(path))]).toEqual([4, 5])
  expect(await readdir(join(folder, 'a', 'b'))).toEqual(['file'])
})

it('a reader sees one whole file or the other, never a mixture, while many write', async () => {
  const path = join(folder, 'file')
  const content = (byte: number) => new Uint8Array(200_000).fill(byte)
  await writeAtomically(path, content(0))
  let writing = true
  const writers = Promise.all([1, 2, 3, 4].map(async (byte) => { for (let turn = 0; turn < 5; turn++) await writeAtomically(path, content(byte)) }))
    .finally(() => { writing = false })
  while (writing) {
    const seen = await readFile(path)
    expect([seen.length, seen.equals(content(seen[0]))]).toEqual([200_000, true])
  }
  await writers
  expect(await readdir(folder)).toEqual(['file'])
})

it('what fails leaves no trace: neither beside the file nor in it', async () => {
  await mkdir(join(folder, 'taken', 'by-a-folder'), { recursive: true })
  await expect(writeAtomically(join(folder, 'taken'), Uint8Array.of(1))).rejects.toThrow()
  expect(await readdir(folder)).toEqual(['taken'])
})

it('parts that killed processes left are removed when they are old: no young ones, of no other files, and none where there is no folder', async () => {
  const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e'
  const [old, young] = [`file.${uuid}.part`, `file.${uuid.replace('0', '1')}.part`]
  const others = [`other.${uuid}.part`, 'file', 'file.part', 'file.notes.part']
  for (const name of [old, young, ...others]) {
    await writeFile(join(folder, name), 'x')
    if (name !== young) await utimes(join(folder, name), new Date(), new Date(Date.now() - 2 * 3_600_000))
  }
  await removeAbandonedParts(folder, ['file'])
  expect(await readdir(folder)).toEqual([young, ...others].sort())
  await removeAbandonedParts(join(folder, 'none'), ['file'])
})

it('a part is named so that it is known for one', async () => {
  const seen = new Set<string>()
  const path = join(folder, 'file')
  let writing = true
  const written = writeAtomically(path, new Uint8Array(20_000_000)).finally(() => { writing = false })
  while (writing) (await readdir(folder)).forEach((name) => seen.add(name))
  await written
  const part = [...seen].find((name) => name !== 'file') ?? expect.fail('no part was seen')
  await writeFile(join(folder, part), 'x')
  await utimes(join(folder, part), new Date(0), new Date(0))
  await removeAbandonedParts(folder, ['file'])
  expect(await readdir(folder)).toEqual(['file'])
})

it('a file that is not there is undefined, one below a file as well', async () => {
  await writeFile(join(folder, 'file'), 'x')
  expect(await readIfThere(join(folder, 'none'))).toBeUndefined()
  expect(await readIfThere(join(folder, 'file', 'below'))).toBeUndefined()
  await expect(readIfThere(folder)).rejects.toThrow('EISDIR')
})
