// Runs every check that CI runs, all of them even when one fails, and ends with a table of what passed and how long it took.
//   node tools/check.mjs [--except test]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const steps = ['lint', 'types', 'knip', 'build', 'test', 'check:packages', 'check:registry', 'docs']

const { values } = parseArgs({ options: { except: { type: 'string', multiple: true, default: [] } } })
const unknown = values.except.filter((step) => !steps.includes(step))
if (unknown.length > 0) {
  console.error(`--except must name a step (${steps.join(', ')}); got ${unknown.join(', ')}.`)
  process.exit(2)
}

const results = steps.filter((step) => !values.except.includes(step)).map((step) => {
  console.log(`\n── npm run ${step}`)
  const start = performance.now()
  const { status } = spawnSync('npm', ['run', '--silent', step], { stdio: 'inherit', shell: process.platform === 'win32' })
  return { step, passed: status === 0, seconds: (performance.now() - start) / 1000 }
})

console.log('')
for (const { step, passed, seconds } of results) {
  console.log(`${passed ? 'passed' : 'FAILED'}  ${step.padEnd(16)}${seconds.toFixed(0).padStart(5)} s`)
}
if (results.some(({ passed }) => !passed)) process.exitCode = 1
