import { setTimeout as pause } from 'node:timers/promises'
import '@tensorflow/tfjs-backend-cpu'
import { dispose, scalar, setBackend } from '@tensorflow/tfjs-core'
import { noLeak, tensorLeak } from '@sbgm/sde-core/testing'
import { beforeAll, describe, expect, it } from 'vitest'
import { parameterLayout } from './flat-parameters'
import type { StepRunner, TrainingVectors } from './step-runner'
import { train, type TrainRun } from './train'
import type { TrainingState } from './training-state'

beforeAll(() => setBackend('cpu'))

/** A run whose engine works beside the program, a millisecond a step, and adds 1 to the weight; everything that happens is noted. */
function notedRun(overrides: Partial<TrainRun> = {}) {
  const notes: string[] = []
  const params = { weight: scalar(0) }
  const runner: StepRunner = {
    step: { layout: parameterLayout(params), rates: (step) => [step], run: () => expect.fail('ran eagerly') },
    async begin(vectors) {
      let state: TrainingVectors = vectors
      return {
        async run(batch, [step]) {
          notes.push(`step ${step} begins`)
          await pause(1)
          if ('broken' in batch) throw new Error('device lost')
          state = { ...state, parameters: state.parameters.map((value) => value + 1) }
          notes.push(`step ${step} ends`)
          return { loss: 1, gradientNorm: 1 }
        },
        read: async () => state,
        end: async () => void notes.push('end'),
      }
    },
  }
  const batch = (step: number) => {
    notes.push(`batch ${step}`)
    return {}
  }
  const run: TrainRun = { runner, params, steps: 3, batch, learningRate: () => 1, averageDecay: () => 0, ...overrides }
  return { notes, run }
}

/** Consumes a run, noting its events; gives the error that it ended with. */
async function consume(run: TrainRun, notes: string[], each: (step: number) => void = () => undefined): Promise<unknown> {
  try {
    for await (const { step } of train(run)) {
      notes.push(`yields ${step}`)
      each(step)
    }
    return undefined
  } catch (error) {
    return error
  }
}

/** The rejections that nobody handled while an action was going on, and shortly after. */
async function unhandled(action: () => Promise<void>): Promise<readonly unknown[]> {
  const reasons: unknown[] = []
  const note = (reason: unknown) => reasons.push(reason)
  process.on('unhandledRejection', note)
  await action()
  await pause(10)
  process.off('unhandledRejection', note)
  return reasons
}

describe('a batch is asked for', () => {
  it('while the step before it is being made, in order, each once, and none after the last', async () => {
    const { notes, run } = notedRun()
    expect(await consume(run, notes)).toBeUndefined()
    expect(notes).toEqual([
      'batch 1', 'step 1 begins', 'batch 2', 'step 1 ends', 'yields 1',
      'step 2 begins', 'batch 3', 'step 2 ends', 'yields 2',
      'step 3 begins', 'step 3 ends', 'yields 3', 'end',
    ])
  })

  it('and when it is not there by the end of the step before, is waited for', async () => {
    const { notes, run } = notedRun()
    const batch = async (step: number) => {
      await pause(20)
      notes.push(`batch ${step}`)
      return {}
    }
    await consume({ ...run, batch, steps: 2 }, notes)
    expect(notes).toEqual(['batch 1', 'step 1 begins', 'step 1 ends', 'yields 1', 'batch 2', 'step 2 begins', 'step 2 ends', 'yields 2', 'end'])
  })

  it.each([
    ['throws', () => { throw new Error('disk lost') }],
    ['rejects', () => Promise.reject(new Error('disk lost'))],
  ])('and the one that %s ends the run in its own step, after the step before it was yielded', async (_, failing) => {
    const { notes, run } = notedRun()
    const batch = (step: number) => (step === 3 ? failing() : {})
    const rejections = await unhandled(async () => {
      expect(await consume({ ...run, batch }, notes)).toMatchObject({ message: 'disk lost' })
    })
    expect(notes).toEqual(['step 1 begins', 'step 1 ends', 'yields 1', 'step 2 begins', 'step 2 ends', 'yields 2', 'end'])
    expect(rejections).toEqual([])
  })

  it('ahead, and dropped with its error where the run is aborted, left, or loses its engine before its step', async () => {
    const batch = (step: number) => (step === 3 ? Promise.reject(new Error('disk lost')) : {})
    const reason = new Error('enough')
    const rejections = await unhandled(async () => {
      const control = new AbortController()
      const aborted = notedRun({ batch, signal: control.signal })
      expect(await consume(aborted.run, aborted.notes, (step) => step === 2 && control.abort(reason))).toBe(reason)
      expect(aborted.notes.slice(-2)).toEqual(['yields 2', 'end'])

      const left = notedRun({ batch })
      for await (const { step } of train(left.run)) if (step === 2) break
      expect(left.notes.slice(-2)).toEqual(['step 2 ends', 'end'])

      const lost = notedRun({ batch: (step) => (step === 2 ? { broken: { data: new Float32Array(1), shape: [1] } } : batch(step)) })
      expect(await consume(lost.run, lost.notes)).toMatchObject({ message: 'device lost' })
      expect(lost.notes.slice(-2)).toEqual(['step 2 begins', 'end'])
    })
    expect(rejections).toEqual([])
  })
})

describe('what is carried from step to step', () => {
  it('is the runner\'s: the run makes no tensors before its end, then the weights', async () => {
    const { run } = notedRun({ steps: 3 })
    const leak = await tensorLeak(async () => {
      const generator = train(run)
      for (let step = 1; step <= 3; step++) expect(await tensorLeak(() => generator.next())).toEqual(noLeak)
      const last = await generator.next()
      if (!last.done) return expect.fail('a fourth step')
      expect([...(await last.value.params.weight.data())]).toEqual([3])
      dispose({ ...last.value.params })
      dispose({ ...last.value.average })
    })
    expect(leak).toEqual(noLeak)
  })

  it('is not begun for a saved state of the last step', async () => {
    const { run } = notedRun({ steps: 1 })
    const states: TrainingState[] = []
    for await (const { snapshot } of train(run)) states.push(await snapshot())
    const begin = () => expect.fail('began')
    const last = await train({ ...run, runner: { ...run.runner, begin }, from: states[0] }).next()
    expect(last.done && [...(await last.value.params.weight.data())]).toEqual([1])
  })
})
