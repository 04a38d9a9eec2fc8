import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { noChromium } from '../chromium'
import { launchChromium, openPage, type WatchedPage } from './headless-chromium'

const workspace = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${workspace}examples/browser/`

/** How much of the ink lies within 4.5 standard deviations, and half a point, of the k-th Gaussian: by far all of it, in equal shares, where the points are of that law. */
const inkByMode = `(() => {
  const canvas = document.querySelector('canvas')
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true }) // so that Chromium has nothing to say of reading
  copy.drawImage(canvas, 0, 0)
  const { data, width, height } = copy.getImageData(0, 0, canvas.width, canvas.height)
  const ink = new Array(8).fill(0)
  let all = 0
  for (let i = 0; i < width * height; i++) {
    if (data[4 * i + 3] === 0) continue
    all++
    const [x, y] = [5 * ((i % width) / width - 0.5), 5 * (0.5 - Math.floor(i / width) / height)]
    const mode = ink.findIndex((_, k) => Math.hypot(x - Math.cos(Math.PI * k / 4), y - Math.sin(Math.PI * k / 4)) < 0.37)
    if (mode >= 0) ink[mode]++
  }
  return ink.map((count) => count / all)
})()`

describe('the example of a page, in headless Chromium', () => {
  let browser: Browser | undefined
  let opened: WatchedPage

  beforeAll(async () => {
    browser = await launchChromium()
    if (browser === undefined) return
    const [, command] = /^npx esbuild (.*)$/m.exec(readFileSync(`${folder}README.md`, 'utf8')) ?? []
    const options = command.split(' ').filter((option) => !/^--(outdir|servedir)=/.test(option))
    const main = execFileSync(`${workspace}node_modules/.bin/esbuild`, [...options, '--log-level=warning'], { cwd: workspace, maxBuffer: 2 ** 26, stdio: ['ignore', 'pipe', 'inherit'] })
    opened = await openPage(browser, (path) => {
      if (path === '/') return { contentType: 'text/html', body: readFileSync(`${folder}index.html`) }
      return path === '/main.js' ? { contentType: 'text/javascript', body: main } : undefined
    }, '?backend=cpu')
  }, 120_000)
  afterAll(() => browser?.close(), 60_000)

  beforeEach((context) => {
    if (browser === undefined) context.skip(noChromium)
  })

  it.each([['reverse SDE', 100], ['probability flow', 20]] as const)('draws points of its law by the %s in %d steps: 99.5 % of the ink by the eight Gaussians, each with 10 to 15 %', async (way, steps) => {
    const { page } = opened
    await page.locator('button:enabled').waitFor({ timeout: 120_000 })
    if (await page.inputValue('select') !== way) await page.selectOption('select', way)
    await page.locator(`output:text("t = 0.001, ${steps} evaluations, on ")`).waitFor({ timeout: 120_000 })
    await page.locator('button:enabled').waitFor({ timeout: 120_000 })
    const shares = await page.evaluate<readonly number[]>(inkByMode)
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeGreaterThan(0.995)
    expect(Math.min(...shares)).toBeGreaterThan(0.1)
    expect(Math.max(...shares)).toBeLessThan(0.15)
  }, 300_000)

  it('is a program of less than 100 lines, is no wider than a window of 320 pixels, and says nothing on the console', async () => {
    expect(readFileSync(`${folder}main.mjs`, 'utf8').split('\n').length).toBeLessThan(100)
    await opened.page.setViewportSize({ width: 320, height: 800 })
    expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(320)
    expect(opened.complaints).toEqual([])
  })
})
