import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { build as esbuild, type BuildOptions } from 'esbuild'
import { build as vite } from 'vite'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { freshProject, type FreshProject } from './fresh-project'

/**
 * What an entry adds to a program that has TensorFlow.js: kB (1000 bytes) of minified ES modules under gzip, dependencies included,
 * peers left out. A tenth more than it measured when it was last looked at.
 */
const budgets: Record<string, { readonly kilobytes: number, readonly platform: 'browser' | 'node' }> = {
  '@sbgm/backends': { kilobytes: 30, platform: 'browser' },
  '@sbgm/datasets': { kilobytes: 17, platform: 'browser' },
  '@sbgm/datasets/node': { kilobytes: 17.5, platform: 'node' },
  '@sbgm/evaluation': { kilobytes: 26, platform: 'browser' },
  '@sbgm/guidance': { kilobytes: 35, platform: 'browser' },
  '@sbgm/onnx': { kilobytes: 37, platform: 'browser' },
  '@sbgm/samplers': { kilobytes: 29, platform: 'browser' },
  '@sbgm/sde-core': { kilobytes: 20, platform: 'browser' },
  '@sbgm/sde-core/testing': { kilobytes: 8.5, platform: 'browser' },
  '@sbgm/training': { kilobytes: 14.5, platform: 'browser' },
  '@sbgm/training/node': { kilobytes: 16, platform: 'node' },
  '@sbgm/unet': { kilobytes: 15.5, platform: 'browser' },
  '@sbgm/viz': { kilobytes: 56, platform: 'browser' },
  '@sbgm/viz/png': { kilobytes: 2.5, platform: 'node' },
}
const entries = inject('published').flatMap((library) => library.entries)
const inBrowsers = Object.keys(budgets).filter((entry) => budgets[entry].platform === 'browser')

/** A program for a browser: the example of the root README, and everything that there is for one. */
const [, example] = /```ts\n([\s\S]*?)```/.exec(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')) ?? []
const program = [
  ...inBrowsers.map((entry, i) => `import * as library${i} from '${entry}'`), example,
  `console.log([${inBrowsers.map((_, i) => `library${i}`).join()}].every((library) => Object.keys(library).length > 0))`,
].join('\n')

/** Peers with binaries for Node, which a program for browsers must do without. */
const forNodeAlone = ['webgpu', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu']

let project: FreshProject

beforeAll(() => {
  const peers = Object.entries(Object.assign({}, ...inject('published').map((library) => library.peers)))
    .filter(([name]) => !forNodeAlone.includes(name))
    .map(([name, range]) => `"${name}@${range}"`)
  project = freshProject(`npm install ${inject('published').map(({ name }) => name).join(' ')} ${peers.join(' ')}`)
  writeFileSync(join(project.folder, 'main.ts'), program)
})
afterAll(() => project?.remove())

it('every entry has a size budget', () => expect(Object.keys(budgets).sort()).toEqual([...entries].sort()))

it.each(entries)('%s stays within its size budget', async (entry) => {
  const { kilobytes, platform } = budgets[entry]
  const peers = inject('published').flatMap((library) => Object.keys(library.peers))
  const bundle = await bundleOf({ stdin: { contents: `export * from '${entry}'`, resolveDir: project.folder }, platform, external: [...peers, '@resvg/resvg-js'] })
  expect(gzipSync(bundle, { level: 9 }).length / 1000).toBeLessThan(kilobytes)
})

describe('a program for browsers, without a module or a global of Node\'s,', () => {
  const prints = '[ 4, 28, 28, 1 ]\ntrue\n'

  it('is bundled by esbuild and runs', async () => {
    writeFileSync(join(project.folder, 'esbuild.mjs'), await bundleOf({ entryPoints: [join(project.folder, 'main.ts')], platform: 'browser' }))
    expect(await runInWorker('./esbuild.mjs')).toBe(prints)
  })

  it('is bundled by Vite and runs', async () => {
    await vite({
      root: project.folder,
      configFile: false,
      logLevel: 'error',
      build: { outDir: 'vite', target: 'es2022', minify: false, rollupOptions: { input: join(project.folder, 'main.ts'), output: { entryFileNames: 'main.mjs' } } },
    })
    expect(await runInWorker('./vite/main.mjs')).toBe(prints)
  }, 300_000)
})

async function bundleOf(options: BuildOptions): Promise<Uint8Array> {
  const { outputFiles = [] } = await esbuild({ bundle: true, format: 'esm', minify: true, write: false, logLevel: 'silent', ...options })
  return outputFiles[0].contents
}

/** Runs a module in what looks like a browser's worker: nothing is left of Node that one lacks, and TensorFlow.js takes it for one. */
function runInWorker(module: string): Promise<string> {
  const globals = ['process', 'Buffer', 'global', 'setImmediate', 'clearImmediate']
  const worker = 'globalThis.self = globalThis\nglobalThis.WorkerGlobalScope = class {}\n'
  return project.run('module', `for (const name of ${JSON.stringify(globals)}) delete globalThis[name]\n${worker}await import('${module}')`)
}
