import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'

const script = fileURLToPath(new URL('check-links.mjs', import.meta.url))
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'links-'))
  execFileSync('git', ['init', '--quiet', folder])
})
afterEach(() => rmSync(folder, { recursive: true }))

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true })
  writeFileSync(join(folder, file), text)
}

function check() {
  const { status, stdout } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  return { status, lines: stdout.trim().split('\n') }
}

it('accepts links to files, folders, headings, images and the web', () => {
  write('guide/a b.md', '# Sorting `x_t`, then λ!\n\n# Twice\n\n# Twice\n\n<a id="own"></a>\n')
  write('guide/figure.svg', '<svg/>')
  write('README.md', [
    '# Start', '[file](guide/a%20b.md) [folder](guide) [here](#start) [heading](guide/a%20b.md#sorting-x_t-then-λ)',
    '[again](guide/a%20b.md#twice-1) [id](guide/a%20b.md#own) ![figure](guide/figure.svg) <img src="guide/figure.svg">',
    '[web](https://example.invalid/gone) [mail](mailto:a@example.invalid) `[code](gone.md)` [reference][r]', '[r]: guide/figure.svg',
    '```md', '[block](gone.md)', '```',
  ].join('\n\n'))
  expect(check()).toEqual({ status: 0, lines: ['2 Markdown files, 9 links inside the repository, 0 broken'] })
})

it('names each link that leads nowhere, out of the repository, or to a file that a checkout lacks', () => {
  write('.gitignore', 'built/\n')
  write('built/index.html', '')
  write('README.md', '[a](gone.md) [b](#gone) <img src="gone.svg"> [c](../other) [d](built/index.html) [e][r]\n\n[r]: docs/gone.md\n')
  expect(check()).toEqual({
    status: 1,
    lines: [
      'README.md: gone.md: no such file',
      'README.md: #gone: no such heading',
      'README.md: gone.svg: no such file',
      'README.md: ../other: leads out of the repository',
      'README.md: built/index.html: git ignores this file, so a checkout lacks it',
      'README.md: docs/gone.md: no such file',
      '1 Markdown files, 6 links inside the repository, 6 broken',
    ],
  })
})
