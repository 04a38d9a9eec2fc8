import { chromium, type Browser, type Page } from 'playwright-core'
import { installedChromium } from '../chromium'

/** A page, and what a user would have to complain of. */
export interface WatchedPage {
  /** The page. */
  readonly page: Page
  /** Messages on the console, uncaught errors, and requests for what is not there. */
  readonly complaints: readonly string[]
}

/** A file of the web site that a page is of. */
export interface ServedFile {
  /** What the browser is told that it is. */
  readonly contentType: string
  /** Its bytes, or its text. */
  readonly body: string | Buffer
}

/** Starts the Chromium of this machine, with WebGL and WebGPU by SwiftShader, which is on the processor; nothing where none is installed. */
export async function launchChromium(): Promise<Browser | undefined> {
  if (installedChromium === undefined) return undefined
  const software = ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']
  const patience = ['--disable-gpu-watchdog'] // it ends a browser whose graphics are slow, as they are here
  return chromium.launch({ executablePath: installedChromium, args: [...software, ...patience, '--disable-dev-shm-usage'] })
}

/** Opens a page of files that nothing serves: they are handed to the browser when it asks for them, and it has no others. */
export async function openPage(browser: Browser, files: (path: string) => ServedFile | undefined, query = ''): Promise<WatchedPage> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('console', (message) => void complaints.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => void complaints.push(String(error)))
  await page.route('**/*', async (route) => {
    const { pathname, origin } = new URL(route.request().url())
    const file = origin === site ? files(pathname) : undefined
    if (file === undefined) complaints.push(`asked for ${origin}${pathname}`)
    return file === undefined ? route.abort() : route.fulfill({ ...file })
  })
  await page.goto(`${site}/${query}`, { waitUntil: 'load' })
  return { page, complaints }
}

/** WebGPU is there for secure pages only, and this machine is one. */
const site = 'http://localhost'
