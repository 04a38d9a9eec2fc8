import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Reporter, SerializedError, TestCase, TestModule, Vitest } from 'vitest/node'
import { testName } from './test-name'

/** What a test run came to, as written to `.reports/`; verdict.mjs adds such files up. */
export interface TestSummary {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly { readonly name: string, readonly reason: string | null }[]
}

/**
 * Prints every skipped test with the reason its author gave (`context.skip('no GPU adapter')`) and writes a `TestSummary`.
 * A file that could not be collected and an error outside any test count as a failure each: nothing that went wrong is lost.
 */
export class SummaryReporter implements Reporter {
  readonly #file: string
  #filtered = false

  constructor(file: string) {
    this.#file = file
  }

  onInit(vitest: Vitest): void {
    this.#filtered = vitest.config.testNamePattern !== undefined // then "skipped" only means that -t left a test out
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const broken = modules.filter((module) => module.errors().length > 0)
    const count = (state: string) => tests.filter((test) => test.result().state === state).length
    const summary: TestSummary = {
      passed: count('passed'),
      failed: count('failed') + count('pending') + broken.length + unhandledErrors.length,
      skipped: tests.filter((test) => test.result().state === 'skipped').map(describeSkip),
    }
    mkdirSync(dirname(this.#file), { recursive: true })
    writeFileSync(this.#file, `${JSON.stringify(summary, null, 2)}\n`)
    if (summary.skipped.length > 0 && !this.#filtered) console.log(skipList(summary.skipped))
  }
}

function describeSkip(test: TestCase): TestSummary['skipped'][number] {
  const result = test.result()
  return { name: testName(test), reason: result.state === 'skipped' ? result.note ?? null : null }
}

function skipList(skipped: TestSummary['skipped']): string {
  const lines = skipped.map(({ name, reason }) => `   ${name}: ${reason ?? 'no reason given'}`)
  return `\n Skipped\n${lines.join('\n')}\n`
}
