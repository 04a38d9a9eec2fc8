import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './tools/test-report/summary-reporter'

/** Everything but the slow tests; each library is a project of its own. Slow tests: vitest.slow.config.ts. */
export default defineConfig({
  test: {
    projects: ['libs/*/vitest.config.ts', 'apps/*/vitest.config.ts', 'tools/vitest.config.ts'],
    maxWorkers: 2,
    reporters: ['default', new SummaryReporter('.reports/tests.json')],
  },
})
