import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))

/** An npm registry on this machine. */
export interface LocalRegistry {
  /** npm's settings that take `@sbgm/…` from it and publish there; everything else stays where npm takes it anyway. */
  readonly settings: Readonly<Record<string, string>>
  /** Ends it and deletes what was published. */
  close(): Promise<void>
}

/** Starts Verdaccio on a free port of this machine, empty; installs it first where it is not. */
export async function startRegistry(): Promise<LocalRegistry> {
  install()
  const folder = mkdtempSync(join(tmpdir(), 'registry-'))
  copyFileSync(join(here, 'verdaccio.yaml'), join(folder, 'verdaccio.yaml'))
  const host = `127.0.0.1:${await freePort()}`
  const server = fork(join(here, 'node_modules/verdaccio/bin/verdaccio'), ['--config', join(folder, 'verdaccio.yaml'), '--listen', host], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const ended = once(server, 'exit')
  const [started] = await Promise.race([once(server, 'message'), ended])
  if (typeof started !== 'object') throw new Error(`Verdaccio must start; it ended with ${started}, and its last words stand above.`)
  return {
    settings: { '@sbgm:registry': `http://${host}/`, [`//${host}/:_authToken`]: 'anybody' },
    async close() {
      server.kill()
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

/** `npm ci` in this folder, unless what is there is what the lockfile says. */
function install(): void {
  const packagesOf = (file: string) => Object.keys(JSON.parse(readFileSync(join(here, file), 'utf8')).packages).filter(Boolean).join()
  const installed = 'node_modules/.package-lock.json'
  if (existsSync(join(here, installed)) && packagesOf(installed) === packagesOf('package-lock.json')) return
  execFileSync('npm', ['ci', '--prefer-offline', '--loglevel=error'], { cwd: here, stdio: 'pipe', shell: process.platform === 'win32' })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
