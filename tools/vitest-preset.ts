import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig, type ViteUserConfig } from 'vitest/config'

type TestOptions = NonNullable<ViteUserConfig['test']>

const sourceConditions = ['@sbgm/source', 'node', 'import', 'default']

/**
 * The test set-up that every library and the app share: tests read the sources of sibling libraries, not their builds.
 * A project with `*.test-d.ts` files has them checked by the compiler and counted as tests; the others do not pay for that.
 */
export function libraryTests(name: string, overrides: TestOptions = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: sourceConditions },
    ssr: { resolve: { conditions: sourceConditions } },
    test: {
      name,
      include: ['src/**/*.test.ts', '*.test.ts'],
      exclude: ['**/*.slow.test.ts', '**/node_modules/**'],
      pool: 'forks',
      testTimeout: 60_000,
      typecheck: {
        enabled: hasTypeTests(name),
        include: ['src/**/*.test-d.ts'],
        tsconfig: './tsconfig.json',
        ignoreSourceErrors: true, // sources are `npm run types`' business; here only what the type tests themselves say counts
      },
      ...overrides,
    },
  })
}

/** The same project reduced to its slow tests, with time to run them; its type tests belong to the quick run. */
export function slowTests(project: ViteUserConfig, root: string): ViteUserConfig {
  return {
    ...project,
    root,
    test: {
      ...project.test,
      include: ['**/*.slow.test.ts'],
      exclude: ['**/node_modules/**', '**/dist/**'],
      testTimeout: 30 * 60_000,
      hookTimeout: 30 * 60_000,
      typecheck: { enabled: false },
    },
  }
}

function hasTypeTests(name: string): boolean {
  return ['libs', 'apps']
    .map((folder) => fileURLToPath(new URL(`../${folder}/${name}/src`, import.meta.url)))
    .filter((source) => existsSync(source))
    .some((source) => readdirSync(source, { recursive: true }).some((file) => String(file).endsWith('.test-d.ts')))
}
