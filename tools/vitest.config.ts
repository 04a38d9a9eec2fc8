import { defineConfig } from 'vitest/config'

/** Tests of the workspace itself: its rules, its lint, its reports. The packed tarballs have their own run, tools/packages. */
export default defineConfig({
  test: {
    name: 'workspace',
    include: ['**/*.test.ts'],
    exclude: ['packages/**', '**/node_modules/**'],
    pool: 'forks',
    testTimeout: 60_000,
  },
})
