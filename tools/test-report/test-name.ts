import type { TestCase } from 'vitest/node'

/** The name of a test as `.ci/allowed-skips` spells it: project › describe blocks › test. */
export function testName(test: TestCase): string {
  const names = [test.name]
  for (let parent = test.parent; parent.type === 'suite'; parent = parent.parent) names.unshift(parent.name)
  return [test.project.name, ...names].join(' › ')
}
