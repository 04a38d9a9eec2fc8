import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readSample, type SampleOptions } from './sample-options'

const page = readFileSync(new URL('../../../../docs/sampling-at-scale.md', import.meta.url), 'utf8')
const blocks = [...page.matchAll(/```(sh|yaml)\n([\s\S]*?)```/g)].map(([, language, text]) => ({ language, text }))
const block = (part: string) => blocks.find(({ text }) => text.includes(part))?.text ?? ''

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sbgm-'))
  const program = join(folder, 'sbgm-assignment')
  writeFileSync(program, `#!${process.execPath}\nconsole.log(JSON.stringify(process.argv.slice(2)))\n`)
  chmodSync(program, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What reaches the program when a shell runs a text: one command line for each start of it, as the program reads them. */
function started(shell: 'bash' | 'sh', text: string, env: Readonly<Record<string, string>>): SampleOptions[] {
  const { status, stdout, stderr } = spawnSync(shell, ['-c', text], { encoding: 'utf8', env: { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`, HOME: '/home/someone', ...env } })
  expect(status, stderr).toBe(0)
  return stdout.trimEnd().split('\n').map((line) => {
    const [command, ...argv] = JSON.parse(line) as string[]
    expect(command).toBe('sample')
    const request = readSample(argv)
    if (request.kind !== 'sample') throw new Error(`not a sample: ${line}`)
    return request.options
  })
}

describe('docs/sampling-at-scale.md', () => {
  it('has four commands, every one of which is checked here', () => expect(blocks).toHaveLength(4))

  it('the shard by itself is one that the program takes', () => {
    expect(started('sh', block('--shard 0/8'), {})).toMatchObject([{ count: 1000, shard: { index: 0, of: 8 }, threads: 1 }])
  })

  it('the line for GNU parallel starts every shard once', (context) => {
    if (spawnSync('parallel', ['--version']).error) return context.skip('no GNU parallel')
    const shards = started('bash', block('parallel --halt'), {}).map(({ shard }) => shard)
    expect(shards.sort((a, b) => a.index - b.index)).toEqual(Array.from({ length: 8 }, (_, index) => ({ index, of: 8 })))
  })

  it('the Slurm script parses, its array has the shards that it names, and it uses the processors that it asks for', () => {
    const script = block('#SBATCH')
    expect(script.startsWith('#!/bin/bash\n')).toBe(true)
    const [, last] = /--array=0-(\d+)/.exec(script) ?? []
    const shards = [0, Number(last)].map((index) => started('bash', script, { SLURM_ARRAY_TASK_ID: String(index), SLURM_CPUS_PER_TASK: '4' })[0])
    expect(shards).toMatchObject([{ shard: { index: 0, of: 32 }, threads: 4, engine: 'onnx' }, { shard: { index: 31, of: 32 }, checkpoint: '/home/someone/score-model.safetensors' }])
    expect(spawnSync('bash', ['-c', script], { env: { PATH: folder } }).status).not.toBe(0) // outside an array it stops
  })

  it('the Job is an indexed one with as many completions as it names shards, and writes to what it mounts', () => {
    const job = parse(block('kind: Job')) as {
      apiVersion: string
      spec: { completionMode: string, completions: number, template: { spec: { containers: { command: string[], args: string[], volumeMounts: { mountPath: string }[] }[] } } }
    }
    const { completionMode, completions, template: { spec: { containers: [{ command, args, volumeMounts }] } } } = job.spec
    expect([job.apiVersion, completionMode, command]).toEqual(['batch/v1', 'Indexed', ['sh', '-c']])
    const [{ shard, checkpoint, out }] = started('sh', args[0], { JOB_COMPLETION_INDEX: String(completions - 1) })
    expect(shard).toEqual({ index: completions - 1, of: completions })
    for (const path of [checkpoint, out]) expect(path.startsWith(`${volumeMounts[0].mountPath}/`)).toBe(true)
  })
})
