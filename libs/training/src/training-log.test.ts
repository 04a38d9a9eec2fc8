import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { describe, expect, it } from 'vitest'
import { inTemporaryFolder } from '../temporary-folder'
import { CheckpointError } from './checkpoint-error'
import { formatLogLine, logEntry, parseLog } from './training-log'
import { openTrainingLog } from './training-log-file'

const entryAt = (step: number) =>
  logEntry({ step, loss: Math.fround(1 / 3), meanLoss: 0.4, gradientNorm: 1.5, learningRate: 1e-3, seconds: step / 4 }, { step: step - 1, seconds: (step - 1) / 4 }, 64)
const logOf = (...steps: number[]) => steps.map((step) => formatLogLine(entryAt(step))).join('')

describe('a line of the log', () => {
  it('is JSON with these fields in this order', () => {
    expect(formatLogLine(entryAt(3))).toBe(
      '{"step":3,"loss":0.333333343,"meanLoss":0.4,"gradientNorm":1.5,"learningRate":0.001,"samplesPerSecond":256,"seconds":0.75}\n',
    )
  })

  it('keeps every float32 apart', () => {
    const values = Float32Array.of(0.1, 1e-40, 3.4028234e38, 1 / 3, 16777217)
    values.forEach((loss) => expect(Math.fround(logEntry({ ...entryAt(1), loss }, { step: 0, seconds: 0 }, 1).loss)).toBe(loss))
  })

  it('counts samples since the entry before it, and makes no infinity of a clock that has not moved', () => {
    expect(logEntry({ ...entryAt(10), seconds: 8 }, { step: 4, seconds: 5 }, 100).samplesPerSecond).toBe(200)
    expect(Number.isFinite(logEntry({ ...entryAt(1), seconds: 0 }, { step: 0, seconds: 0 }, 100).samplesPerSecond)).toBe(true)
  })

  it('is read back as it was; a last one that was cut off is left out, and any other line is refused by its number', () => {
    expect(parseLog(logOf(1, 2))).toEqual([entryAt(1), entryAt(2)])
    expect(parseLog(logOf(1, 2).slice(0, -5))).toEqual([entryAt(1)])
    expect(parseLog('')).toEqual([])
    for (const line of ['note', 'null', '{"step":1}', '']) {
      expect(() => parseLog(`${logOf(1)}${line}\n${logOf(2)}`)).toThrow(InvalidArgumentError)
      expect(() => parseLog(`${logOf(1)}${line}\n${logOf(2)}`)).toThrow(`line 2 must be an entry of a training log; got '${line}'.`)
    }
  })
})

describe('the file of the log', () => {
  it('goes on after the step it is told, without the later ones and without a line cut off by a kill', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'new', 'log.jsonl')
      const first = await openTrainingLog({ path })
      for (const step of [1, 2, 3, 4]) await first.append(entryAt(step))
      await first.sync()
      await first.close()
      appendFileSync(path, '{"step":5,"lo')
      const second = await openTrainingLog({ path, afterStep: 2 })
      await second.append(entryAt(3))
      await second.close()
      expect(readFileSync(path, 'utf8')).toBe(logOf(1, 2, 3))
    }))

  it('is emptied for a new run', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'log.jsonl')
      writeFileSync(path, logOf(1, 2))
      await (await openTrainingLog({ path })).close()
      expect(readFileSync(path, 'utf8')).toBe('')
    }))

  it('that is none is left alone, with an error that names it', () =>
    inTemporaryFolder(async (folder) => {
      const path = join(folder, 'notes.txt')
      writeFileSync(path, 'milk\nbread\n')
      await expect(openTrainingLog({ path })).rejects.toThrow(`${path} is no training log: line 1 must be an entry of a training log; got 'milk'. Move it away`)
      expect(readFileSync(path, 'utf8')).toBe('milk\nbread\n')
      mkdirSync(join(folder, 'taken'))
      await expect(openTrainingLog({ path: join(folder, 'taken') })).rejects.toBeInstanceOf(CheckpointError)
    }))
})
