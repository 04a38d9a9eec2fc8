import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import ts from 'typescript'

/** The example in a folder's README: its first block of TypeScript, and what the README says that it prints. */
export interface ReadmeExample {
  /** The folder, with a slash at its end. */
  readonly folder: string
  /** The whole README. */
  readonly readme: string
  /** The example. */
  readonly code: string
  /** The block of text below it; empty where there is none. */
  readonly prints: string
}

/** Reads the example of the README in a folder. */
export const readmeExample = (folder: URL): ReadmeExample => documentExample(new URL('README.md', folder), folder)

/** Reads the example of another document; `folder` says whose compiler settings hold for it. */
export function documentExample(document: URL, folder: URL): ReadmeExample {
  const readme = readFileSync(document, 'utf8')
  const block = (language: string) => new RegExp('```' + language + '\\n([\\s\\S]*?)```').exec(readme)?.[1] ?? ''
  return { folder: fileURLToPath(folder), readme, code: block('ts'), prints: block('text') }
}

/** Runs an example as it stands; its imports find the workspace's packages. */
export async function runExample({ code }: ReadmeExample): Promise<{ readonly printed: string; readonly exports: Readonly<Record<string, unknown>> }> {
  if (code === '') throw new Error('The README has no block of TypeScript to run.')
  const { outputText } = ts.transpileModule(code, { compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 } })
  const names = [...outputText.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)
  const packages = new Map(await Promise.all(names.map(async (name) => [name, (await import(/* @vite-ignore */ name)) as unknown] as const)))
  const lines: string[] = []
  const exports: Record<string, unknown> = {}
  const AsyncFunction = (async () => undefined).constructor as FunctionConstructor // for an await at its top level
  const run = new AsyncFunction('require', 'exports', 'console', outputText) as (...scope: unknown[]) => Promise<void>
  await run((name: string) => packages.get(name), exports, { log: (...line: unknown[]) => lines.push(format(...line)) })
  return { printed: lines.map((line) => `${line}\n`).join(''), exports }
}

/** What the compiler finds wrong with an example under the folder's own settings. */
export function typeErrorsOf({ folder, code }: ReadmeExample): readonly string[] {
  const file = `${folder}readme-example.ts` // exists only for the compiler
  const config = ts.readConfigFile(`${folder}tsconfig.json`, (path) => ts.sys.readFile(path))
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, folder)
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (path) => path === file || fileExists(path)
  host.readFile = (path) => (path === file ? code : readFile(path))
  host.getSourceFile = (path, ...rest) => (path === file ? ts.createSourceFile(path, code, ts.ScriptTarget.ES2022) : getSourceFile(path, ...rest))
  const problems = ts.getPreEmitDiagnostics(ts.createProgram([file], { ...options, noEmit: true }, host))
  return problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))
}

/** Names that a library exports and that no table row of its README mentions in code. */
export function missingInTables({ readme }: ReadmeExample, library: Readonly<Record<string, unknown>>): readonly string[] {
  const rows = [...readme.matchAll(/^\|.*$/gm)].map(([row]) => row).join('\n')
  const named = new Set([...rows.matchAll(/`(\w+)/g)].map(([, name]) => name))
  return Object.keys(library).filter((name) => !named.has(name))
}
