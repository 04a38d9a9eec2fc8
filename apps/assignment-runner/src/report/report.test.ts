import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderPng } from '@sbgm/viz/png'
import { describe, expect, it } from 'vitest'
import { atMost } from '../bar'
import type { PartContext } from '../part'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from '../stand-in-host'
import { formulaStyle } from './formula-style'
import { renderMarkdown } from './markdown'

const square = '<svg xmlns="http://www.w3.org/2000/svg" width="30" height="20"><rect width="30" height="20" fill="#0b57d0"/></svg>'
const png = await renderPng(square)

/** A part that leaves a README with a formula, a table, a figure and one that it does not mention. */
const illustrated = (number: 1 | 4, { readme = `# Part ${number}: a picture\n\nOf x_0.\n\n$$\\alpha^2 + \\sigma^2 = 1$$\n\n![A blue square](square.png)\n` } = {}) =>
  standInPart(number, {
    run({ folder }: PartContext) {
      folder.write('square.png', png)
      folder.write('other.png', png)
      folder.write('README.md', readme)
      return Promise.resolve({ metrics: {}, bars: [atMost('error <of all>', 0.1, 0.2), atMost('mean of e_1', -3, -4)] })
    },
  })

async function reportOf(out: string, ...parts: ReturnType<typeof standInPart>[]): Promise<string> {
  const host = standInHost(parts)
  expect(await runAssignment(['--out', out, '--student-id', '007'], host), host.said.stderr()).toBe(0)
  expect(host.said.stdout()).toContain(`Report: ${join(out, 'report.html')}`)
  return readFileSync(join(out, 'report.html'), 'utf8')
}

describe('the report', () => {
  it('is written at the end of a run, and again by the command report with the same bytes', () =>
    inTemporaryFolder(async (out) => {
      const first = await reportOf(out, illustrated(1))
      writeFileSync(join(out, 'report.html'), '')
      const host = standInHost([])
      expect(await runAssignment(['report', '--out', out], host)).toBe(0)
      expect(host.said.stdout()).toBe(`Report: ${join(out, 'report.html')}\n`)
      expect(host.engine.opened()).toBe(0)
      expect(readFileSync(join(out, 'report.html'), 'utf8')).toBe(first)
    }))

  it('has a section for every part whose folder is there, whatever its number, with its text, its formulas typeset and each of its pictures inside', () =>
    inTemporaryFolder(async (out) => {
      const page = await reportOf(out, illustrated(1), illustrated(4))
      for (const part of [1, 4]) {
        const [, section = ''] = new RegExp(`<section id="part${part}">([\\s\\S]*?)</section>`).exec(page) ?? []
        expect(section).toContain(`Part ${part}: a picture</h2>`)
        expect(section).toContain('class="katex-display"')
        expect(section).toContain('<var>x</var><sub>0</sub>')
        expect(section.split(`src="data:image/png;base64,${Buffer.from(png).toString('base64')}"`)).toHaveLength(3) // square.png, and other.png which the text does not show
        expect(section).toContain('<figcaption>A blue square</figcaption>')
      }
    }))

  it('shows each bar with its value, its limit and whether it was met, and the facts of the manifest', () =>
    inTemporaryFolder(async (out) => {
      const page = await reportOf(out, illustrated(1))
      expect(page).toContain('1 of 2 bars are met, 1 is missed.')
      expect(page).toMatch(/<tr class="met">.*error &#60;of all&#62;.*0\.1<.*≤ 0\.2<.*met/)
      expect(page).toMatch(/<tr class="missed">.*mean of <var>e<\/var><sub>1<\/sub>.*−3<.*≤ −4<.*missed/)
      expect(page).toContain('student 007 · profile quick · seed 0 · engine cpu')
      const { parts } = JSON.parse(readFileSync(join(out, 'manifest.json'), 'utf8')) as { parts: { files: { sha256: string }[] }[] }
      for (const { sha256 } of parts[0]?.files ?? []) expect(page).toContain(sha256)
    }))

  it('loads nothing: no address but links to follow, and fonts inside', () =>
    inTemporaryFolder(async (out) => {
      const page = await reportOf(out, illustrated(1))
      expect(page.replaceAll('http://www.w3.org/1998/Math/MathML', '').match(/(?:src|url\(|@import|<link[^>]*href)[=(]?["']?(?!data:)[^"')>]{0,40}/g)?.filter((found) => /https?:|fonts\//.test(found)) ?? []).toEqual([])
      expect(page).not.toMatch(/<script/)
      expect(formulaStyle().match(/src:url\(data:font\/woff2;base64,[\w+/=]{1000,}\) format\("woff2"\)/g)).toHaveLength(20)
      expect(formulaStyle()).not.toMatch(/url\((?!data:)/)
    }))

  it('shows HTML in a text as text, and says of a picture that is not there that it is missing', () =>
    inTemporaryFolder(async (out) => {
      const page = await reportOf(out, illustrated(1, { readme: '# Part 1\n\n<script>alert(1)</script>\n\n![gone](../manifest.json) ![gone](none.png)\n' }))
      expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
      expect(page).toContain('none.png is missing')
      expect(page).toContain('../manifest.json is missing')
    }))

  it('names the files that were changed since, and says of a part that failed that it did', () =>
    inTemporaryFolder(async (out) => {
      const anew = async () => {
        expect(await runAssignment(['report', '--out', out], standInHost([]))).toBe(0)
        return readFileSync(join(out, 'report.html'), 'utf8')
      }
      expect(await reportOf(out, illustrated(1))).not.toContain('class="note"')
      const failing = standInPart(4, { run: () => Promise.reject(new Error('no more')) })
      expect(await runAssignment(['--out', out, '--parts', '4'], standInHost([illustrated(1), failing]))).toBe(1)
      expect(await anew()).toContain('<p class="note">This part is marked failed: what follows is what it had finished.</p>')
      writeFileSync(join(out, 'part1', 'other.png'), 'spoilt')
      expect(await anew()).toContain('<p class="note">Missing, or changed since the run wrote them: other.png.</p>')
    }))

  it.each([
    [['report', '--out', 'nothing-here'], 1, "a run must have left its outputs in --out 'nothing-here'; there is no manifest.json."],
    [['report', 'now'], 2, "every word behind report must be an option or its value; got 'now'. See report --help."],
    [['report', '--ouf', 'x'], 2, 'unknown option --ouf. Nearest: --out.'],
    [['--seed', '1', 'report'], 2, 'report must be the first word; got it after others.'],
  ])('refuses %s with exit code %d and one line', async (argv, code, line) => {
    const host = standInHost([standInPart(1)])
    expect(await runAssignment(argv, host)).toBe(code)
    expect(host.said.stderr()).toContain(line)
    expect(host.said.stderr().trimEnd().split('\n')).toHaveLength(1)
  })
})

describe('letters in a plain text', () => {
  const html = (text: string) => renderMarkdown(text, { idPrefix: 'x' }).trim()

  it('have their indices and exponents set as such', () => {
    expect(html('√ᾱ_(i−1) s_θ(x_t, t)')).toBe('<p>√<var>ᾱ</var><sub>i−1</sub> <var>s</var><sub>θ</sub>(<var>x</var><sub>t</sub>, t)</p>')
    expect(html('α(t) = e^(−B(t)/2)')).toBe('<p>α(t) = e<sup>−B(t)/2</sup></p>')
  })

  it('are left alone in names and in code', () => {
    expect(html('score_model SBGM_DATA_DIR a_bc `x_0`')).toBe('<p>score_model SBGM_DATA_DIR a_bc <code>x_0</code></p>')
  })
})
