import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkOptionsKeptByNpm } from './options-kept-by-npm'

/** What npm tells the script `start` when it is called so. */
function environmentUnder(...npm: string[]): NodeJS.ProcessEnv {
  const folder = mkdtempSync(join(tmpdir(), 'sbgm-npm-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "scripts": { "start": "node say.cjs" } }')
    writeFileSync(join(folder, 'say.cjs'), 'console.log(JSON.stringify(process.env))')
    const { stdout } = spawnSync('npm', ['start', '--silent', ...npm], { cwd: folder, encoding: 'utf8' })
    return JSON.parse(stdout) as NodeJS.ProcessEnv
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

it('options that npm kept for itself are refused, with the way to give them', () => {
  expect(() => checkOptionsKeptByNpm(environmentUnder('--resume', '--data-dir=x'))).toThrow(
    'options must stand behind `--`, or npm takes them for its own; got npm start --data-dir --resume. Write npm start -- --data-dir --resume …',
  )
})

it('options behind -- are the program\'s', () => {
  expect(() => checkOptionsKeptByNpm(environmentUnder('--', '--resume', '--data-dir=x'))).not.toThrow()
})

it('a variable of that name says nothing where npm start did not set it', () => {
  expect(() => checkOptionsKeptByNpm({ npm_config_resume: 'true' })).not.toThrow()
})
