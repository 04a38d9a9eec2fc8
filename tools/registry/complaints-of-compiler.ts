import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const settings = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
}
const typeRoots = [fileURLToPath(new URL('../../node_modules/@types', import.meta.url))] // for what examples take from Node

/**
 * Type-checks files in a project that has the libraries installed, strictly, as a user with `skipLibCheck` would
 * (tfjs-core's own declarations need that), and the declarations of the libraries themselves without it: an import that
 * does not resolve there would otherwise turn into `any` unseen.
 */
export function complaintsOfCompiler(project: string, files: Readonly<Record<string, string>>, resolution: keyof typeof settings): string[] {
  const paths = Object.keys(files).map((file) => join(project, file))
  Object.values(files).forEach((text, i) => writeFileSync(paths[i], text))
  const program = ts.createProgram(paths, {
    ...settings[resolution], target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'], strict: true, noEmit: true, typeRoots, types: ['node'],
  })
  const ours = program.getSourceFiles().filter(({ fileName }) => paths.includes(fileName) || fileName.includes('/node_modules/@sbgm/'))
  const diagnostics = ours.flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)])
  return diagnostics.map((diagnostic) => ts.formatDiagnostic(diagnostic, {
    getCanonicalFileName: (name) => name, getCurrentDirectory: () => project, getNewLine: () => '\n',
  }).trim())
}
