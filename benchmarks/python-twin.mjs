import { fileURLToPath } from 'node:url'
import { lineProcess } from './line-process.mjs'

/**
 * A Python program that does the same work, as a process that answers one line per line; undefined where no Python has
 * what it imports. It is looked for as PYTHON, python3, and the system's own python3, which a version manager may hide.
 *
 * @param {URL} script
 * @param {readonly string[]} args
 * @param {Readonly<Record<string, string>>} env - added to the environment
 * @returns {Promise<{ version: string, ask: (line: string) => Promise<string>, stop: () => void } | undefined>}
 */
export async function pythonTwin(script, args = [], env = {}) {
  const candidates = process.env.PYTHON ? [process.env.PYTHON] : ['python3', '/usr/bin/python3']
  for (const python of candidates) {
    const twin = await lineProcess(python, [fileURLToPath(script), ...args], { env })
    if (twin !== undefined) return { version: twin.first, ask: twin.ask, stop: twin.stop }
  }
  return undefined
}

/** The middle one. */
export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
