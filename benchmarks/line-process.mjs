import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

/**
 * A process that answers one line per line, after a first line in which it says what it is; undefined if it ends before that.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Readonly<Record<string, string>>, stderr?: 'ignore' | 'inherit' }} options - env is added to the environment
 * @returns {Promise<{ first: string, ask: (line: string) => Promise<string | undefined>, stop: () => Promise<void> } | undefined>}
 *   an answer is undefined once the process has ended
 */
export async function lineProcess(command, args, { env = {}, stderr = 'ignore' } = {}) {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', stderr], env: { ...process.env, ...env } })
  const ended = new Promise((resolve) => {
    child.on('error', resolve)
    child.on('close', resolve)
  })
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const { value: first, done } = await lines.next()
  if (done) return undefined
  return {
    first,
    async ask(line) {
      child.stdin.write(`${line}\n`)
      return (await lines.next()).value
    },
    stop() {
      child.stdin.end()
      return ended
    },
  }
}
