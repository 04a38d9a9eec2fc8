import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from '../test-report/summary-reporter'

/** What users get: the packed tarball of every library, looked into, judged and installed into a fresh project. */
export default defineConfig({
  test: {
    name: 'packages',
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.test.ts'],
    globalSetup: ['pack-libraries.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ['default', new SummaryReporter(fileURLToPath(new URL('../../.reports/packages.json', import.meta.url)))],
  },
})
