import { describe, expect, inject, it } from 'vitest'
import { sourcesBehind } from './sources-behind'

/** What a library ships besides its TypeScript. */
const assets: Record<string, readonly RegExp[]> = {
  '@sbgm/backends': [/^src\/wasm\/heap-[\w-]+\.as\.ts$/], // what the embedded wasm kernels are compiled from
  '@sbgm/onnx': [/^dist\/session-worker\.mjs$/, /^src\/run\/session-worker\.mjs$/], // the worker thread's script, beside what starts it
  '@sbgm/sde-core': [/^src\/noise\/[\w-]+\.as\.ts$/], // what the embedded wasm kernel is compiled from
  '@sbgm/viz': [/^fonts\/[\w-]+\.(ttf|txt)$/],
}

/** Chunks that entries share; their names carry a hash. */
const chunk = /^dist\/(?:[\w-]+\/)?[\w.-]+-[\w-]{8}\.(?:js|cjs|js\.map|cjs\.map|d\.ts|d\.cts)$/

describe.for(inject('libraries').map((library) => [library.name, library] as const))('the tarball of %s', ([name, library]) => {
  const built = library.entries.flatMap((entry) => entry.files)
  const expected = [
    'package.json', 'README.md', 'LICENSE',
    ...built, ...built.filter((file) => /\.c?js$/.test(file)).map((file) => `${file}.map`),
    ...sourcesBehind(library.entries.map((entry) => entry.source), library.folder),
  ]

  it('holds the built files in both formats with types, the sources behind them, package.json, README.md and LICENSE', () => {
    expect({ missing: expected.filter((file) => !library.files.includes(file)) }).toEqual({ missing: [] })
  })

  it('holds nothing else', () => {
    const known = (file: string) => expected.includes(file) || [chunk, ...(assets[name] ?? [])].some((pattern) => pattern.test(file))
    expect({ unexpected: library.files.filter((file) => !known(file)) }).toEqual({ unexpected: [] })
  })

  it('holds every kind of asset that the library needs', () => {
    const absent = (assets[name] ?? []).filter((pattern) => !library.files.some((file) => pattern.test(file)))
    expect(absent).toEqual([])
  })
})
