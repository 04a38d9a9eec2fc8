// Adds up the summaries of all test runs, holds the skipped tests against a list, and prints the totals on the last line.
//   node tools/test-report/verdict.mjs --allowed .ci/allowed-skips .reports/tests.json .reports/packages.json
// Exit code 1 where a test failed, was skipped without leave, or a summary is missing.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

const { values, positionals } = parseArgs({ options: { allowed: { type: 'string', multiple: true } }, allowPositionals: true })
const complaints = []

const summaries = positionals.flatMap((file) => {
  try {
    return [JSON.parse(readFileSync(file, 'utf8'))]
  } catch (error) {
    complaints.push(`${file} cannot be read, so its tests count as one failure: ${error.message}`)
    return [{ passed: 0, failed: 1, skipped: [] }]
  }
})

const allowed = new Set(
  values.allowed.flatMap((file) => readFileSync(file, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))),
)
const skipped = summaries.flatMap((summary) => summary.skipped)
for (const { name, reason } of skipped) {
  console.log(`skipped: ${name}: ${reason ?? 'no reason given'}`)
  if (reason === null) complaints.push(`"${name}" was skipped without a reason; write context.skip('the reason').`)
  if (!allowed.has(name)) complaints.push(`"${name}" was skipped but is not in ${values.allowed.join(' or ')}.`)
}

const sum = (key) => summaries.reduce((total, summary) => total + summary[key], 0)
for (const complaint of complaints) console.log(`not allowed: ${complaint}`)
if (complaints.length > 0 || sum('failed') > 0) process.exitCode = 1
console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${skipped.length} skipped`)
