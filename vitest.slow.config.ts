import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { loadConfigFromFile } from 'vite'
import { defineConfig } from 'vitest/config'
import { SummaryReporter } from './tools/test-report/summary-reporter'
import { slowTests } from './tools/vitest-preset'

const workspace = fileURLToPath(new URL('.', import.meta.url))

const projectRoots = ['libs', 'apps']
  .flatMap((folder) => readdirSync(`${workspace}${folder}`).map((name) => `${workspace}${folder}/${name}`))
  .concat(`${workspace}tools`)
  .filter((root) => existsSync(`${root}/vitest.config.ts`))

async function slowProject(root: string) {
  const loaded = await loadConfigFromFile({ command: 'serve', mode: 'test' }, `${root}/vitest.config.ts`)
  if (loaded === null) throw new Error(`vitest.config.ts must export a configuration; got none in ${root}.`)
  return slowTests(loaded.config, root)
}

/** The `*.slow.test.ts` of every project, one after the other: several of them measure time or use all cores themselves. */
export default defineConfig({
  test: {
    projects: await Promise.all(projectRoots.map(slowProject)),
    fileParallelism: false,
    passWithNoTests: true,
    reporters: ['default', new SummaryReporter('.reports/slow-tests.json')],
  },
})
