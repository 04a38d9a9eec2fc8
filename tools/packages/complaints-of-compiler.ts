import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'

const settings = {
  nodenext: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  bundler: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
}

/**
 * Type-checks one file in a project that has the libraries installed, strictly, as a user with `skipLibCheck` would
 * (tfjs-core's own declarations need that), and the declarations of the libraries themselves without it: an import that
 * does not resolve there would otherwise turn into `any` unseen.
 */
export function complaintsOfCompiler(project: string, file: string, text: string, resolution: keyof typeof settings): string[] {
  const path = join(project, file)
  writeFileSync(path, text)
  const program = ts.createProgram([path], {
    ...settings[resolution], target: ts.ScriptTarget.ES2022, lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'], strict: true, noEmit: true, types: [],
  })
  const ours = program.getSourceFiles().filter(({ fileName }) => fileName === path || fileName.includes('/node_modules/@sbgm/'))
  const diagnostics = ours.flatMap((source) => [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)])
  return diagnostics.map((diagnostic) => ts.formatDiagnostic(diagnostic, {
    getCanonicalFileName: (name) => name, getCurrentDirectory: () => project, getNewLine: () => '\n',
  }).trim())
}
