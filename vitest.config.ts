import { defineConfig } from 'vitest/config'

/** Everything but the slow tests; each library is a project of its own. Slow tests: vitest.slow.config.ts. */
export default defineConfig({
  test: {
    projects: ['libs/*/vitest.config.ts', 'apps/*/vitest.config.ts'],
    maxWorkers: 2,
  },
})
