import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { inTemporaryFolder } from '../stand-in-host'
import { judgeFilesIn } from './judge-files'

it('reads back what was written, from OUT/judges, and nothing where there is no file', () =>
  inTemporaryFolder((out) => {
    const files = judgeFilesIn(out)
    expect(files.read('ten-class.safetensors')).toBeUndefined()
    files.write('ten-class.safetensors', Uint8Array.of(1, 2, 3))
    expect([...(files.read('ten-class.safetensors') ?? [])]).toEqual([1, 2, 3])
    expect(readdirSync(join(out, 'judges'))).toEqual(['ten-class.safetensors'])
  }))

it('a file that cannot be written is an error that names it', () =>
  inTemporaryFolder((out) => {
    writeFileSync(join(out, 'judges'), 'a file')
    expect(() => judgeFilesIn(out).write('ten-class.safetensors', Uint8Array.of(1))).toThrow('cannot write judges/ten-class.safetensors')
  }))
