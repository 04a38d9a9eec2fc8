import { InvalidArgumentError } from '@sbgm/sde-core'
import type { TrainEvent } from './train'

/** One line of a training log. */
export interface TrainingLogEntry {
  /** Number of the step, from 1. */
  readonly step: number
  /** The loss before it. */
  readonly loss: number
  /** The running mean of the loss. */
  readonly meanLoss: number
  /** The gradient's norm before clipping. */
  readonly gradientNorm: number
  /** The learning rate it was made with. */
  readonly learningRate: number
  /** Samples trained on per second since the entry before this one. */
  readonly samplesPerSecond: number
  /** Time spent training until now, in seconds. */
  readonly seconds: number
}

/** Where the counting of samples per second begins. */
export type LogOrigin = Pick<TrainingLogEntry, 'step' | 'seconds'>

/**
 * The entry of a step: losses, norm and rate to the nine digits that tell any two float32 numbers apart, seconds to the millisecond,
 * samples per second to four digits.
 *
 * @param event - what the run yielded
 * @param since - the entry before, or the state that the run went on from; `{ step: 0, seconds: 0 }` at the start
 * @param batchSize - samples per step
 */
export function logEntry(event: Omit<TrainEvent, 'snapshot'>, since: LogOrigin, batchSize: number): TrainingLogEntry {
  const { step, loss, meanLoss, gradientNorm, learningRate, seconds } = event
  const elapsed = Math.max(seconds - since.seconds, 1e-6) // a clock that has not moved makes no infinity, which JSON lacks
  return {
    step,
    loss: digits(loss, 9),
    meanLoss: digits(meanLoss, 9),
    gradientNorm: digits(gradientNorm, 9),
    learningRate: digits(learningRate, 9),
    samplesPerSecond: digits((batchSize * (step - since.step)) / elapsed, 4),
    seconds: Math.round(seconds * 1000) / 1000,
  }
}

const digits = (value: number, count: number): number => Number(value.toPrecision(count))

/** An entry as a line of JSON, its line break included. */
export const formatLogLine = ({ step, loss, meanLoss, gradientNorm, learningRate, samplesPerSecond, seconds }: TrainingLogEntry): string =>
  `${JSON.stringify({ step, loss, meanLoss, gradientNorm, learningRate, samplesPerSecond, seconds })}\n`

/**
 * The entries of a log, such as for a figure of the losses. A last line that was cut off by a kill is left out.
 *
 * @param text - the log: lines of JSON
 * @throws InvalidArgumentError naming the first line that is no entry.
 */
export function parseLog(text: string): readonly TrainingLogEntry[] {
  const lines = text.split('\n')
  return lines.slice(0, -1).map((line, i) => {
    const entry = entryOf(line)
    if (entry === undefined) throw new InvalidArgumentError(`line ${i + 1}`, line.slice(0, 60), 'an entry of a training log')
    return entry
  })
}

const fields = ['step', 'loss', 'meanLoss', 'gradientNorm', 'learningRate', 'samplesPerSecond', 'seconds'] as const

function entryOf(line: string): TrainingLogEntry | undefined {
  try {
    const entry = JSON.parse(line) as Partial<TrainingLogEntry> | null
    return fields.every((field) => typeof entry?.[field] === 'number') ? (entry as TrainingLogEntry) : undefined
  } catch {
    return undefined
  }
}
