import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { expect, inject, it } from 'vitest'

const attw = fileURLToPath(new URL('../../node_modules/.bin/attw', import.meta.url))

it.for(inject('libraries').map((library) => [library.name, library] as const))('publint finds nothing in %s, strict', async ([, library]) => {
  const { buffer, byteOffset, byteLength } = readFileSync(library.tarball)
  const tarball = buffer.slice(byteOffset, byteOffset + byteLength)
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

it.for(inject('libraries').map((library) => [library.name, library] as const))('the types of %s are right for require, import and bundlers', ([, library]) => {
  const options = ['--profile', 'node16', '--no-definitely-typed', '--no-emoji', '--no-color', '--format', 'ascii']
  const { status, stdout } = spawnSync(attw, [library.tarball, ...options], { encoding: 'utf8' })
  expect(status, stdout).toBe(0)
})
