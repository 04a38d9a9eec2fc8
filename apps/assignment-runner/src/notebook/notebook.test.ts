import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { PartContext } from '../part'
import { partNumbers, type PartNumber } from '../part-number'
import { runAssignment } from '../run-assignment'
import { inTemporaryFolder, standInHost, standInPart } from '../stand-in-host'
import { notebookCells, packagesOf } from './notebook-cells'
import { hasAllOutputs, isExecuted, notebookDocument, type NotebookDocument } from './notebook-document'

const documentIn = (out: string) => JSON.parse(readFileSync(join(out, 'notebook.ipynb'), 'utf8')) as NotebookDocument
const codeOf = (parts: readonly PartNumber[]) => notebookCells(parts).filter(({ kind }) => kind === 'code').map(({ text }) => text)
const part1 = standInPart(1, {
  run({ folder }: PartContext) {
    folder.write('score-network.safetensors', 'weights')
    return Promise.resolve({ metrics: {}, bars: [] })
  },
})

/** A command that stands in for Jupyter: runs this JavaScript with the arguments of nbconvert. */
function command(folder: string, script: string): string {
  const path = join(folder, 'jupyter')
  writeFileSync(path, `#!${process.execPath}\nconst { existsSync, readFileSync, writeFileSync } = require('fs')\nconst args = process.argv.slice(2)\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

/** Gives every cell what it found in the folder that it runs in, printed in two pieces; the last cell counts a figure, which reaches Jupyter in the second run only, whose pauses are twice as long. */
const executing = `
const document = JSON.parse(readFileSync(args[args.length - 1], 'utf8'))
const printed = (text) => ({ output_type: 'stream', name: 'stdout', text })
const code = document.cells.filter(({ cell_type }) => cell_type === 'code')
code.forEach((cell, i) => Object.assign(cell, { execution_count: i + 1, metadata: { execution: { started: Date.now() } }, outputs: [printed(String(existsSync('part1/score-network.safetensors'))), printed(' and ' + existsSync('node_modules/@sbgm/viz') + '\\n')] }))
code[code.length - 1].outputs = [printed((code.length - 1) + ' lines were printed and 1 figures shown before this.\\n')]
const before = __dirname + '/ran-before'
if (existsSync(before) && process.env['SBGM_NOTEBOOK_PAUSES'] === '2') code[0].outputs.push({ output_type: 'display_data', data: { 'image/png': '' }, metadata: {} })
writeFileSync(before, '')
writeFileSync(args[args.indexOf('--output-dir') + 1] + '/executed.ipynb', JSON.stringify(document))`

describe('the cells', () => {
  it('are those of the parts that are there, the ones for images once', () => {
    const titles = (...parts: PartNumber[]) => notebookCells(parts).filter(({ kind }) => kind === 'markdown').flatMap(({ text }) => /^##? ([^:,\n]+)/.exec(text)?.[1] ?? []).slice(2)
    expect(titles()).toEqual([])
    expect(titles(1)).toEqual(['Part 1'])
    expect(titles(3)).toEqual(['The images of parts 2 to 4', 'Part 3'])
    expect(titles(1, 4)).toEqual(['Part 1', 'The images of parts 2 to 4', 'Part 4'])
    expect(titles(...partNumbers)).toEqual(['Part 1', 'The images of parts 2 to 4', 'Part 2', 'Part 3', 'Part 4'])
  })

  it('share their names: no cell exports or imports another, and none defines a name that another one has defined or imported', () => {
    const code = codeOf(partNumbers)
    expect(code.join('\n')).not.toMatch(/^export |from '\.\//m)
    const defined = code.flatMap((text) => [...text.matchAll(/^(?:const|let|async function|function|interface) (?:(\w+)|[{[]([^}\]]*)[}\]])/gm)].flatMap(([, name, names]) => name ?? names.split(',').map((each) => each.split(':').pop()?.trim() ?? '')))
    const imported = code.flatMap((text) => [...text.matchAll(/^import \{([^}]*)\}/gm)].flatMap(([, names]) => names.split(',').map((name) => name.replace('type ', '').trim()))).filter((name) => name !== '')
    expect(defined.length).toBeGreaterThan(60)
    expect(defined.filter((name, i) => defined.indexOf(name) !== i)).toEqual([])
    expect(defined.filter((name) => imported.includes(name))).toEqual([])
  })

  it('call, for each function or class that the assignment names, one that docs/assignment.md says it is here', () => {
    const code = codeOf(partNumbers).join('\n')
    const rows = readFileSync(new URL('../../../../docs/assignment.md', import.meta.url), 'utf8').split('\n').filter((row) => row.includes(' of `@sbgm/'))
    expect(rows.length).toBeGreaterThan(20)
    const uncalled = rows.filter((row) => ![...row.matchAll(/`(\w+)` of `@sbgm\//g)].some(([, name]) => new RegExp(`\\b${name}(<[^>]*>)?\\(`).test(code)))
    expect(uncalled.map((row) => row.slice(0, 60))).toEqual([])
  })

  it('train every network for at least 20 steps, in every profile, before its weights sample', () => {
    const [setup = '', ...rest] = codeOf(partNumbers)
    const steps = [...setup.matchAll(/(?:line|image)Training: (\d+)/g)].map(([, count]) => Number(count))
    expect(steps).toHaveLength(6)
    expect(Math.min(...steps)).toBeGreaterThanOrEqual(20)
    const all = rest.join('\n')
    for (const [training, use] of [
      ['briefWeights = await trained({', 'predictor(lineNetwork, lineParams'], ["await trainNoise('Part 2", 'predictor(chainNetwork, chainParams'],
      ["await trainNoise('Part 3", 'predictor(sdeNetwork, sdeParams'], ['briefClassifier = await trained({', 'classes.apply(classifierParams'],
    ] as const) {
      expect(all.indexOf(training), training).toBeGreaterThan(0)
      expect(all.indexOf(use), use).toBeGreaterThan(all.indexOf(training))
    }
  })

  it('import published packages only, and the document that they make is the same every time', () => {
    const cells = notebookCells(partNumbers)
    expect(packagesOf(cells)).toEqual(['@sbgm/backends', '@sbgm/datasets', '@sbgm/evaluation', '@sbgm/guidance', '@sbgm/samplers', '@sbgm/sde-core', '@sbgm/training', '@sbgm/unet', '@sbgm/viz', '@tensorflow/tfjs-core'])
    expect(notebookDocument(cells, 'a')).toEqual(notebookDocument(notebookCells(partNumbers), 'a'))
    expect(new Set(notebookDocument(cells, 'a').cells.map(({ id }) => id)).size).toBe(cells.length)
  })
})

describe('the notebook of a run', () => {
  it('is written without outputs, with what Deno needs beside it, and the run says how to run it', () =>
    inTemporaryFolder(async (out) => {
      const host = standInHost([part1], { findJupyter: () => Promise.reject(new Error('A run must not look for Jupyter.')) })
      expect(await runAssignment(['--out', out], host), host.said.stderr()).toBe(0)
      expect(host.said.stdout()).toContain(`Notebook: ${join(out, 'notebook.ipynb')}, without outputs; sbgm-assignment notebook --out ${out} runs it`)
      const { nbformat, metadata, cells } = documentIn(out)
      expect({ nbformat, kernel: metadata['kernelspec'] }).toEqual({ nbformat: 4, kernel: { name: 'deno', display_name: 'Deno', language: 'typescript' } })
      expect(cells.length).toBeGreaterThan(10)
      expect(cells.filter(({ cell_type }) => cell_type === 'code').every(({ outputs, execution_count }) => outputs?.length === 0 && execution_count === null)).toBe(true)
      expect(JSON.parse(readFileSync(join(out, 'deno.json'), 'utf8'))).toEqual({ nodeModulesDir: 'manual' })
      expect(JSON.parse(readFileSync(join(out, 'package.json'), 'utf8'))).toMatchObject({ private: true, dependencies: { '@sbgm/sde-core': '0.0.0', '@tensorflow/tfjs-core': '4.22.0' } })
      expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('stands in the place of a Python notebook')
    }))

  it('stays without outputs where Jupyter is missing, and the command says how to get it', () =>
    inTemporaryFolder(async (out) => {
      expect(await runAssignment(['--out', out], standInHost([part1]))).toBe(0)
      const host = standInHost([])
      expect(await runAssignment(['notebook', '--out', out], host)).toBe(0)
      expect(host.said.stdout()).toBe(`Notebook: ${join(out, 'notebook.ipynb')}, without outputs. This test has no Jupyter.\n`)
      expect(isExecuted(documentIn(out))).toBe(false)
    }))

  it('is run by the command beside what it reads and what the program was installed with, again where an output was lost; its outputs have no times of day, and stay until what it reads changes', () =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out')
      const findJupyter = () => Promise.resolve({ jupyter: command(folder, executing), deno: 'deno' })
      const says = async (...argv: string[]) => {
        const host = standInHost([part1], { findJupyter })
        expect(await runAssignment([...argv, '--out', out], host), host.said.stderr()).toBe(0)
        return host.said.stdout()
      }
      await says()
      expect(await says('notebook')).toMatch(/^Notebook: running \d+ cells of code \.\.\.\nNotebook: .*notebook\.ipynb, run in \d/)
      const document = documentIn(out)
      expect([isExecuted(document), hasAllOutputs(document)]).toEqual([true, true])
      expect(document.cells.map(({ metadata }) => metadata).filter((metadata) => Object.keys(metadata).length > 0)).toEqual([])
      expect(document.cells.find(({ cell_type }) => cell_type === 'code')?.outputs?.[0]).toEqual({ output_type: 'stream', name: 'stdout', text: ['true and true\n'] })

      expect(await says('notebook')).toBe(`Notebook: ${join(out, 'notebook.ipynb')}, run before with these outputs\n`)
      expect(await says('--resume')).toMatch(/Notebook: .*notebook\.ipynb\n$/)
      expect(documentIn(out)).toEqual(document)
      expect(await says('--seed', '5')).toContain('without outputs; sbgm-assignment notebook')
      expect(isExecuted(documentIn(out))).toBe(false)
    }))

  it.each([
    ['that fails', "console.error('Traceback\\n\\u001b[31mError: no such file\\u001b[0m\\n    at x.ts:1\\n'); process.exitCode = 1", 'error: the notebook must run to its end; it stopped with: Error: no such file\n'],
    ['whose outputs are lost in every run', executing.replace("existsSync(before)", 'false'), 'error: every output of the notebook must reach Jupyter; some were lost in each of 5 runs. Run it again when the machine is less busy.\n'],
  ])('%s ends the command with exit code 1 and one line; it stays without outputs', (_, script, line) =>
    inTemporaryFolder(async (folder) => {
      const out = join(folder, 'out')
      expect(await runAssignment(['--out', out], standInHost([part1]))).toBe(0)
      const host = standInHost([], { findJupyter: () => Promise.resolve({ jupyter: command(folder, script), deno: 'deno' }) })
      expect(await runAssignment(['notebook', '--out', out], host)).toBe(1)
      expect(host.said.stderr()).toBe(line)
      expect(isExecuted(documentIn(out))).toBe(false)
    }))

  it.each([
    [['notebook', '--out', 'nothing-here'], 1, "a run must have left its outputs in --out 'nothing-here'"],
    [['notebook', 'now'], 2, "every word behind notebook must be an option or its value; got 'now'."],
    [['notebook', '--data-dir', 'nowhere'], 1, "--data-dir must be a folder that exists; got 'nowhere'"],
    [['--seed', '1', 'notebook'], 2, 'notebook must be the first word; got it after others.'],
  ])('refuses %s with exit code %d and one line', async (argv, code, line) => {
    const host = standInHost([part1])
    expect(await runAssignment(argv, host)).toBe(code)
    expect(host.said.stderr()).toContain(line)
    expect(host.said.stderr().trimEnd().split('\n')).toHaveLength(1)
  })
})
