import { existsSync } from 'node:fs'

/** For tests: where the Chromium of this machine is, if one is installed. */
export const installedChromium: string | undefined = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))

/** For tests: why those that want a browser are skipped. */
export const noChromium = 'no Chromium: it is Debian\'s package chromium'
