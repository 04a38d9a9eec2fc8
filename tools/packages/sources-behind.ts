import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

/** Each package has its package.json, from which a source may take the version. */
const isManifest = (fileName: string) => fileName.endsWith('/package.json')

/**
 * The source files that the given ones import, directly or through others, and the given ones themselves: what source maps
 * and the `@sbgm/source` condition lead to. Tests and what only they use are not among them.
 */
export function sourcesBehind(entries: readonly string[], folder: string): string[] {
  const found = new Set<string>(entries)
  for (const file of found) { // a Set hands out what is added while it is walked
    const { importedFiles } = ts.preProcessFile(readFileSync(join(folder, file), 'utf8'))
    for (const { fileName } of importedFiles.filter(({ fileName }) => fileName.startsWith('.') && !isManifest(fileName))) {
      const path = join(file, '..', fileName).replaceAll('\\', '/')
      const source = [`${path}.ts`, `${path}/index.ts`].find((candidate) => existsSync(join(folder, candidate)))
      if (source === undefined) throw new Error(`every relative import leads to a source file; got "${fileName}" in ${file}.`)
      found.add(source)
    }
  }
  return [...found]
}
