import { defineConfig } from 'vitest/config'

const conditions = ['@sbgm/source', 'node', 'import', 'default'] // libraries as their sources

/** Tests of the workspace itself: its rules, its lint, its reports. The packed tarballs and the registry have their own runs, tools/packages and tools/registry. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    name: 'workspace',
    include: ['**/*.test.ts'],
    exclude: ['packages/**', 'registry/**', '**/*.slow.test.ts', '**/node_modules/**'],
    pool: 'forks',
    testTimeout: 60_000,
  },
})
