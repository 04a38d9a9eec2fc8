import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from '../test-report/summary-reporter'

/** What a release does, and what its users get: every library published to a registry on this machine and installed from there. */
export default defineConfig({
  test: {
    name: 'registry',
    root: fileURLToPath(new URL('.', import.meta.url)),
    include: ['*.test.ts'],
    globalSetup: ['publish-release.ts'],
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 300_000,
    reporters: ['default', new SummaryReporter(fileURLToPath(new URL('../../.reports/registry.json', import.meta.url)))],
  },
})
