import fs from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** KaTeX's style sheet with its fonts inside it, as WOFF2. */
export function formulaStyle(): string {
  const require = createRequire(import.meta.url)
  const file = require.resolve('katex/dist/katex.min.css')
  const font = (name: string) => `url(data:font/woff2;base64,${fs.readFileSync(join(dirname(file), 'fonts', name)).toString('base64')}) format("woff2")`
  return fs.readFileSync(file, 'utf8').replace(/src:url\(fonts\/([\w-]+\.woff2)\) format\("woff2"\)[^;}]*/g, (_, name: string) => `src:${font(name)}`)
}
