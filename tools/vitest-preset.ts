import { defineConfig, type ViteUserConfig } from 'vitest/config'

/** The test set-up that every library shares: tests read the sources of sibling libraries, not their builds. */
export function libraryTests(name: string, overrides: NonNullable<ViteUserConfig['test']> = {}): ViteUserConfig {
  return defineConfig({
    resolve: { conditions: ['@sbgm/source', 'node', 'import', 'default'] },
    ssr: { resolve: { conditions: ['@sbgm/source', 'node', 'import', 'default'] } },
    test: {
      name,
      include: ['src/**/*.test.ts', 'README.test.ts'],
      exclude: ['**/*.slow.test.ts', '**/node_modules/**'],
      pool: 'forks',
      testTimeout: 60_000,
      ...overrides,
    },
  })
}
