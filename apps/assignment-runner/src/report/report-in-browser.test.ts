import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openBackend } from '@sbgm/backends'
import { loadDataset } from '@sbgm/datasets/node'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { installedChromium, noChromium } from '../../../../tools/chromium'
import { part1 } from '../part1/part1'
import { part2 } from '../part2/part2'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost } from '../stand-in-host'

/** The least contrast of letters with the first opaque background behind them, and where it is (WCAG 2.2, 1.4.3). The code of the page is text: the DOM's types are not for the rest of the workspace. */
const leastContrast = `(() => {
  const numbers = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const luminance = (color) => {
    const [r, g, b] = numbers(color).map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const backgroundOf = (element) => {
    if (element === null) return 'rgb(255, 255, 255)'
    const { backgroundColor } = getComputedStyle(element)
    return (numbers(backgroundColor)[3] ?? 1) < 1 ? backgroundOf(element.parentElement) : backgroundColor
  }
  return [...document.body.querySelectorAll('*')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== ''))
    .map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(backgroundOf(element))]
      return { element: element.tagName + ' ' + element.className, ratio: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) }
    })
    .sort((a, b) => a.ratio - b.ratio)[0]
})()`

/** What became of pictures and formulas. */
const shown = `document.fonts.ready.then(() => ({
  pictures: document.images.length,
  broken: [...document.images].filter(({ complete, naturalWidth }) => !complete || naturalWidth === 0).map(({ alt }) => alt),
  formulas: document.querySelectorAll('.katex').length,
  errors: [...document.querySelectorAll('.katex-error, .absent')].map(({ textContent }) => textContent),
  font: [...document.fonts].some(({ family, status }) => family === 'KaTeX_Math' && status === 'loaded'),
}))`

/** How wide the page is, and what of it reaches beyond the window without a box that scrolls. */
const width = `({
  scrollWidth: document.documentElement.scrollWidth,
  beyond: [...document.body.querySelectorAll('*')].filter((element) => element.closest('.scroll, .katex') === null && element.getBoundingClientRect().right > innerWidth + 1).map(({ tagName, className }) => tagName + ' ' + className),
})`

const paper = 'getComputedStyle(document.body).backgroundColor'

describe('the report of parts 1 and 2 in the smoke profile, in headless Chromium', () => {
  let browser: Browser | undefined
  let page: Page
  let close = () => {}
  const complaints: string[] = []

  beforeAll(async () => {
    if (installedChromium === undefined) return
    const out = await new Promise<string>((resolve) => void inTemporaryFolder((folder) => new Promise<void>((end) => { close = end; resolve(folder) })))
    const host = standInHost([part1, part2], { openBackend, loadDataset })
    const code = await runAssignment(['--profile', 'smoke', '--engine', 'wasm', '--dataset', 'digits', '--out', out], host)
    expect(code, host.said.stderr()).toBe(0)
    browser = await chromium.launch({ executablePath: installedChromium, args: ['--disable-gpu', '--disable-dev-shm-usage'] })
    page = await browser.newPage()
    page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => void complaints.push(String(error)))
    page.on('requestfailed', (request) => void complaints.push(`failed: ${request.url().slice(0, 80)}`))
    page.on('request', (request) => { if (!/^(data|file):/.test(request.url())) complaints.push(`asked for ${request.url()}`) })
    await page.goto(pathToFileURL(join(out, 'report.html')).href, { waitUntil: 'load' })
  }, 300_000)

  afterAll(async () => {
    await browser?.close()
    close()
  })

  beforeEach((context) => {
    if (browser === undefined) context.skip(noChromium)
  })

  it('says nothing on the console and asks for nothing outside itself', () => {
    expect(complaints).toEqual([])
  })

  it('shows every picture, and every formula without an error', async () => {
    const { pictures, formulas, ...rest } = await page.evaluate(shown) as { pictures: number; formulas: number }
    expect(pictures).toBe(8 + 9)
    expect(formulas).toBeGreaterThan(10)
    expect(rest).toEqual({ broken: [], errors: [], font: true })
  })

  it.each([390, 320, 1200])('is no wider than a window of %d pixels', async (pixels) => {
    await page.setViewportSize({ width: pixels, height: 800 })
    expect(await page.evaluate(width)).toEqual({ scrollWidth: pixels, beyond: [] })
  })

  it.each(['light', 'dark'] as const)('has letters with a contrast of at least 4.5 in the colour scheme %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme })
    expect(await page.evaluate(paper)).toBe(colorScheme === 'dark' ? 'rgb(20, 23, 28)' : 'rgb(255, 255, 255)')
    const { ratio, element } = await page.evaluate(leastContrast) as { ratio: number; element: string }
    expect(ratio, element).toBeGreaterThanOrEqual(4.5)
  })

  it('prints on white paper, without the contents', async () => {
    await page.emulateMedia({ media: 'print' })
    expect(await page.evaluate(`[${paper}, getComputedStyle(document.querySelector('nav')).display]`)).toEqual(['rgb(255, 255, 255)', 'none'])
  })
})
