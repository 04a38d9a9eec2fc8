import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** What a notebook is run with, or why it cannot be and what to do about it, in one line. */
export type JupyterFound = { readonly jupyter: string; readonly deno: string } | { readonly missing: string }

/** Looks for Jupyter's nbconvert among the commands of the machine, and for Deno in the npm package `deno`, then among the commands. */
export async function findJupyter(): Promise<JupyterFound> {
  if (!(await succeeds('jupyter', ['nbconvert', '--version']))) {
    return { missing: 'Jupyter, which runs it, is not installed: apt-get install jupyter-nbconvert, or pip install nbconvert.' }
  }
  for (const deno of [...packagedDeno(), 'deno']) if (await succeeds(deno, ['--version'])) return { jupyter: 'jupyter', deno }
  return { missing: 'Deno, whose kernel runs it, is not installed: npm ci brings it, or npm i --no-save deno.' }
}

/** The program in the package of this platform, on which the npm package `deno` depends. */
function packagedDeno(): readonly string[] {
  const { platform, arch } = process
  const name = `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}`
  try {
    const deno = createRequire(import.meta.url).resolve('deno/package.json')
    return [join(dirname(createRequire(deno).resolve(`${name}/package.json`)), platform === 'win32' ? 'deno.exe' : 'deno')]
  } catch {
    return []
  }
}

const succeeds = (command: string, args: readonly string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' })
    child.on('error', () => resolve(false))
    child.on('close', (code) => resolve(code === 0))
  })
