import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { add, dispose, log, mean, setBackend, square, sub, sum, tensor1d, type Scalar } from '@tensorflow/tfjs-core'
import { InvalidArgumentError } from '@sbgm/sde-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { inTemporaryFolder } from '../temporary-folder'
import { adamW } from './adam-w'
import { CheckpointError } from './checkpoint-error'
import { checkpointStore } from './checkpoint-store'
import { eagerRunner } from './eager-runner'
import { emaDecay } from './ema'
import { parameterLayout } from './flat-parameters'
import { constantRate } from './learning-rate'
import { NonFiniteLossError } from './non-finite-loss-error'
import type { TrainedParameters } from './train'
import { trainStep, type Loss } from './train-step'
import { trainWithCheckpoints, type CheckpointedEvent, type CheckpointedRun } from './train-with-checkpoints'
import { parseLog } from './training-log'

beforeAll(() => setBackend('cpu'))

/** (w − y)², and a logarithm that is NaN as soon as a batch says so. */
const loss: Loss = ({ weight }, { y, safe }) => add(mean(square(sub(weight, y))), sum(log(safe))) as Scalar
const batch = (step: number) => ({ y: { data: Float32Array.of(step % 3, -step % 2), shape: [2] }, safe: { data: Float32Array.of(1), shape: [1] } })

function runIn(folder: string, overrides: Partial<CheckpointedRun> = {}, names = ['weight']): CheckpointedRun {
  const params = Object.fromEntries(names.map((name) => [name, tensor1d([1, -1])]))
  return {
    runner: eagerRunner(trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() })),
    params, steps: 10, batch, learningRate: constantRate({ rate: 0.1 }), averageDecay: emaDecay(0.9), record: { seed: 1 },
    store: checkpointStore({ folder: join(folder, 'checkpoints') }), every: 4, log: { path: join(folder, 'log.jsonl'), batchSize: 2 },
    ...overrides,
  }
}

async function finish(run: CheckpointedRun): Promise<{ events: readonly CheckpointedEvent[], trained: TrainedParameters }> {
  const generator = trainWithCheckpoints(run)
  const events: CheckpointedEvent[] = []
  for (;;) {
    const next = await generator.next()
    if (next.done) return { events, trained: next.value }
    events.push(next.value)
  }
}

const release = ({ params, average }: TrainedParameters) => dispose([...Object.values(params), ...Object.values(average)])
const stepsOf = async ({ store }: CheckpointedRun) => (await store.list()).map(({ step }) => step)
const logged = (folder: string) => parseLog(readFileSync(join(folder, 'log.jsonl'), 'utf8'))
const withoutClock = (entries: ReturnType<typeof parseLog>) => entries.map((entry) => ({ ...entry, seconds: 0, samplesPerSecond: 0 }))
const reasonOf = (action: Promise<unknown>): Promise<unknown> => action.then(() => undefined, (reason: unknown) => reason)

describe('a run that saves itself', () => {
  it('saves every so many steps and the last, says so in its events, and writes down every step', () =>
    inTemporaryFolder(async (folder) => {
      const run = runIn(folder)
      const { events } = await finish(run)
      expect(events.flatMap(({ saved }) => saved?.step ?? [])).toEqual([4, 8, 10])
      expect(await stepsOf(run)).toEqual([4, 8, 10])
      expect(logged(folder).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
      events.forEach(({ meanLoss }, i) => expect(Math.abs(logged(folder)[i].meanLoss - meanLoss)).toBeLessThanOrEqual(5e-9 * meanLoss))
    }))

  it('left at any step and started anew ends as one that was not: state, weights and log, bit for bit', () =>
    inTemporaryFolder(async (folder) => {
      const whole = runIn(join(folder, 'whole'))
      await finish(whole)
      for (const leaveAt of [1, 4, 7, 9]) {
        const parts = join(folder, `left at ${leaveAt}`)
        for await (const { step } of trainWithCheckpoints(runIn(parts))) if (step === leaveAt) break
        const { events } = await finish(runIn(parts))
        expect(events[0].step).toBe(leaveAt - (leaveAt % 4) + 1)
        const [state, expected] = await Promise.all([runIn(parts), whole].map(({ store }) => store.latest()))
        expect({ ...state?.state, seconds: 0 }).toEqual({ ...expected?.state, seconds: 0 })
        expect(withoutClock(logged(parts))).toEqual(withoutClock(logged(join(folder, 'whole'))))
      }
    }))

  it('that is aborted saves the step it had made', () =>
    inTemporaryFolder(async (folder) => {
      const control = new AbortController()
      const run = runIn(folder, { signal: control.signal })
      const reason = new Error('enough')
      const consume = async () => {
        for await (const { step } of trainWithCheckpoints(run)) if (step === 6) control.abort(reason)
      }
      expect(await reasonOf(consume())).toBe(reason)
      expect(await stepsOf(run)).toEqual([4, 6])
    }))

  it('keeps as the best what it is told to be the best', () =>
    inTemporaryFolder(async (folder) => {
      const run = runIn(folder, { every: 1, store: checkpointStore({ folder, keep: 1 }), score: ({ step }) => Promise.resolve(Math.abs(step - 3)), log: undefined })
      await finish(run)
      expect(await stepsOf(run)).toEqual([3, 10])
    }))

  it('writes down every so many steps, with the samples of all between', () =>
    inTemporaryFolder(async (folder) => {
      await finish(runIn(folder, { log: { path: join(folder, 'log.jsonl'), batchSize: 2, every: 5 } }))
      const [first, second] = logged(folder)
      expect([first.step, second.step]).toEqual([5, 10])
      expect(first.samplesPerSecond).toBeGreaterThan(0)
    }))

  it('leaves nothing behind but weights and average, whatever ends it', () =>
    inTemporaryFolder(async (folder) => {
      const [run, left] = [runIn(join(folder, 'a')), runIn(join(folder, 'b'))]
      const leak = await tensorLeak(async () => {
        release((await finish(run)).trained)
        release((await finish(run)).trained) // at its end, from the checkpoint
        for await (const { step } of trainWithCheckpoints(left)) if (step === 5) break
        await reasonOf(finish({ ...left, record: { seed: 2 } }))
        await reasonOf(finish({ ...left, batch: () => Promise.reject(new Error('disk lost')) }))
      })
      expect(leak).toEqual(noLeak)
    }))

  it('whose loss becomes NaN names the step and the last good checkpoint, which stays the last', () =>
    inTemporaryFolder(async (folder) => {
      const run = runIn(folder, { batch: (step) => ({ ...batch(step), safe: { data: Float32Array.of(step < 7 ? 1 : -1), shape: [1] } }) })
      const path = join(folder, 'checkpoints', 'step-00000004.safetensors')
      const error = await reasonOf(finish(run))
      expect(NonFiniteLossError.isInstance(error) && [error.step, error.checkpoint]).toEqual([7, path])
      expect(String(error)).toContain(`it became NaN in step 7. Lower the learning rate, clip gradients harder, or raise tMin of the training times. The last good checkpoint is ${path}.`)
      expect(await stepsOf(run)).toEqual([4])
      const again = await reasonOf(finish(run)) // from the checkpoint: the same step, the same name
      expect(NonFiniteLossError.isInstance(again) && [again.step, again.checkpoint]).toEqual([7, path])
    }))

  it('whose loss becomes NaN before its first checkpoint names none', () =>
    inTemporaryFolder(async (folder) => {
      const error = await reasonOf(finish(runIn(folder, { batch: (step) => ({ ...batch(step), safe: { data: Float32Array.of(-1), shape: [1] } }) })))
      expect(NonFiniteLossError.isInstance(error) && [error.step, error.checkpoint]).toEqual([1, undefined])
      expect(String(error)).not.toContain('checkpoint')
    }))
})

describe('what does not fit is refused before any work, nothing changed:', () => {
  const refused = async (folder: string, change: Partial<CheckpointedRun>, names?: string[]) => {
    const before = readdirSync(folder, { recursive: true }).map(String).map((name) => [name, name.includes('.') && readFileSync(join(folder, name)).toString('hex')])
    const error = await reasonOf(finish(runIn(folder, { batch: () => expect.fail('asked for a batch'), ...change }, names)))
    expect(readdirSync(folder, { recursive: true }).map(String).map((name) => [name, name.includes('.') && readFileSync(join(folder, name)).toString('hex')])).toEqual(before)
    return error
  }

  it('a checkpoint of another architecture, naming file and first differing parameter', () =>
    inTemporaryFolder(async (folder) => {
      await finish(runIn(folder))
      const error = await refused(folder, {}, ['weight', 'gain'])
      expect(CheckpointError.isInstance(error)).toBe(true)
      expect(String(error)).toContain(`${join(folder, 'checkpoints', 'step-00000010.safetensors')} does not fit this run: from.parameters must be a checkpoint of this network, with the parameter gain; got`)
      expect(String(await refused(folder, {}, ['gain']))).toContain('with the parameter gain')
    }))

  it('a checkpoint of another record, naming file and entry', () =>
    inTemporaryFolder(async (folder) => {
      await finish(runIn(folder))
      expect(String(await refused(folder, { record: { seed: 2 } }))).toMatch(/step-00000010\.safetensors does not fit this run: record\.seed must be 1 as in/)
    }))

  it('a damaged checkpoint, naming it', () =>
    inTemporaryFolder(async (folder) => {
      await finish(runIn(folder))
      const path = join(folder, 'checkpoints', 'step-00000010.safetensors')
      writeFileSync(path, readFileSync(path).subarray(0, -3))
      expect(String(await refused(folder, {}))).toContain(`${path} is damaged`)
    }))

  it('a new run in the folder of an earlier one', () =>
    inTemporaryFolder(async (folder) => {
      await finish(runIn(folder))
      expect(String(await refused(folder, { start: 'new' }))).toContain("is of an earlier run; go on from it with start: 'latest', or save in another folder.")
      await finish(runIn(join(folder, 'another'), { start: 'new' }))
    }))

  it.each([
    [{ every: 0 }, 'every must be an integer of at least 1; got 0.'],
    [{ log: { path: 'x', batchSize: 1.5 } }, 'log.batchSize must be an integer of at least 1; got 1.5.'],
    [{ log: { path: 'x', batchSize: 1, every: NaN } }, 'log.every must be an integer of at least 1; got NaN.'],
  ])('%o', (change, message) =>
    inTemporaryFolder(async (folder) => {
      const error = await refused(folder, change)
      expect(error).toBeInstanceOf(InvalidArgumentError)
      expect(String(error)).toContain(message)
      expect(existsSync(join(folder, 'checkpoints'))).toBe(false)
    }))
})
