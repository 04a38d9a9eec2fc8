import { availableParallelism } from 'node:os'
import { BackendUnavailableError, type AdapterReport, type Backend, type OpenBackendOptions } from '@sbgm/backends'
import { findOnnxRuntime } from '@sbgm/onnx'
import { describe, expect, it } from 'vitest'
import { eagerCompute } from './compute/eager-compute'
import { describeEngine } from './engine'
import type { Trial, TrialWork } from './engine-trial'
import { imageModelSettings } from './images/settings'
import { openEngine, type EngineSources } from './open-engine'
import type { RunOptions } from './options'

const present = { version: '1.30.0' }
const missing = { missing: 'It is not installed. Install it.' }
const adapter: AdapterReport = { vendor: 'acme', architecture: 'x1', device: '', description: '', software: false, limits: {} }
const numbers = [1, 2, 0.9, 1.5, 0.8, 1.1]

/** A world in which an engine is opened. */
interface World extends Partial<EngineSources> {
  readonly found?: Awaited<ReturnType<typeof findOnnxRuntime>>
  /** Its adapter, or why there is none. */
  readonly gpu?: AdapterReport | string
  readonly backend?: Partial<Backend>
  /** What a trial of a GPU and of onnx gives, by profile; tried in that order. */
  readonly trials?: Partial<Record<'full' | 'quick', { readonly gpu: Trial | Error; readonly onnx?: Trial }>>
}

/** Opens an engine and tells which backends were asked for, tried and closed. */
async function open(asked: RunOptions['engine'], { found = present, gpu = 'There is none.', backend = {}, trials = {}, ...sources }: World = {}) {
  const [opened, closed, tried, said]: string[][] = [[], [], [], []]
  let looked = 0
  const opening = openEngine(asked, {
    openBackend: ({ engine = 'auto', gpu: look = 'use' }: OpenBackendOptions = {}): Promise<Backend> => {
      opened.push(engine === 'auto' && look === 'ignore' ? 'auto, no GPU' : engine)
      const name = engine === 'auto' || engine === 'onnx' ? 'wasm' : engine
      if (name === 'webgpu' && typeof gpu === 'string') return Promise.reject(new BackendUnavailableError({ engine: 'webgpu', reason: gpu, remedy: 'Get one.' }))
      return Promise.resolve({
        engine: name as Backend['engine'], backend: name, version: '4.22.0', gradients: true, details: { threads: 1 },
        ...(name === 'webgpu' && { adapter: gpu as AdapterReport }),
        reason: engine === 'auto' ? 'wasm is the fastest engine of this version that can be opened here.' : 'asked for by name.',
        close: () => Promise.resolve(void closed.push(name)), ...backend,
      })
    },
    findOnnxRuntime: () => (looked++, Promise.resolve(found)),
    signal: new AbortController().signal,
    cardIsThere: () => false,
    say: (line) => said.push(line),
    tryEngine: (compute, work: TrialWork) => {
      const profile = work === imageModelSettings.full ? 'full' : 'quick'
      const engine = compute === eagerCompute ? 'gpu' : 'onnx'
      tried.push(`${engine} ${profile}`)
      const outcome = trials[profile]?.[engine]
      if (outcome === undefined) throw new Error(`no trial of ${engine} with ${profile} was expected`)
      return outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)
    },
    ...sources,
  })
  await opening.catch(() => undefined)
  return { opening, opened, closed, tried, said, looked: () => looked }
}
const took = (seconds: number, of = numbers): Trial => ({ seconds, numbers: of })

describe('auto where no GPU is found', () => {
  it('is onnx where onnxruntime-node can be loaded, with the fastest backend beside it that is no GPU, and says on how many threads', async () => {
    const { opening, opened, closed } = await open('auto', { profile: 'auto' })
    const { report, compute, profile, close } = await opening
    const threads = availableParallelism()
    expect(report).toEqual({
      engine: 'onnx', backend: 'wasm', version: '4.22.0', details: { threads: 1 }, gradients: true,
      onnxruntime: { version: '1.30.0', threads }, reason: 'the fastest engine of this version that can be opened here.',
    })
    expect(describeEngine(report)).toBe(
      `onnx (onnxruntime-node 1.30.0 on ${threads} ${threads === 1 ? 'thread' : 'threads'}; tfjs backend wasm 4.22.0 for the rest): ` +
        'the fastest engine of this version that can be opened here.',
    )
    expect([compute === eagerCompute, opened, profile]).toEqual([false, ['webgpu', 'auto, no GPU'], 'quick'])
    await close()
    expect(closed).toEqual(['wasm'])
  })

  it('is the fastest backend where it cannot, and says why', async () => {
    const { opening } = await open('auto', { found: missing })
    const { report, compute } = await opening
    expect(report).toMatchObject({ engine: 'wasm', reason: expect.stringMatching(/^onnx, which is faster, cannot be had\. It is not installed\. Install it\. wasm is the fastest/) as string })
    expect(compute).toBe(eagerCompute)
  })

  it('says why a card that is there is not used', async () => {
    const { opening } = await open('auto', { profile: 'quick', gpu: 'No driver is registered.', cardIsThere: () => true })
    expect((await opening).report.reason).toBe('A card is there, but: No driver is registered. The command doctor says what to do. Without it: the fastest engine of this version that can be opened here.')
  })

  it.each(['smoke', undefined] as const)('is not even looked for one in the profile %s', async (profile) => {
    const { opening, opened } = await open('auto', { profile, gpu: adapter })
    expect([(await opening).report.engine, opened]).toEqual(['onnx', ['auto, no GPU']])
  })
})

describe('auto where a GPU is found', () => {
  it('is that, with the profile full, where a training step of it is fast enough, faster than on the processor, and gives the same', async () => {
    const { opening, tried, said, closed } = await open('auto', { profile: 'auto', gpu: adapter, trials: { full: { gpu: took(0.1), onnx: took(1.25) } } })
    const { report, compute, profile } = await opening
    expect(report).toMatchObject({ engine: 'webgpu', adapter, reason: 'the GPU took 100 ms for a training step of full in a trial, onnx 1250 ms, with the same results.' })
    expect([compute === eagerCompute, profile, tried, closed, said]).toEqual([true, 'full', ['gpu full', 'onnx full'], [], ['trying the GPU acme x1 against the processor']])
  })

  it('is that with the profile quick where full would take too long on it', async () => {
    const { opening, tried } = await open('auto', { profile: 'auto', gpu: adapter, trials: { full: { gpu: took(0.21) }, quick: { gpu: took(0.05), onnx: took(0.09) } } })
    expect(await opening).toMatchObject({ report: { engine: 'webgpu' }, profile: 'quick' })
    expect(tried).toEqual(['gpu full', 'gpu quick', 'onnx quick'])
  })

  it('is the processor where that is faster, and says by how much and how to take the GPU all the same', async () => {
    const { opening, closed } = await open('auto', { profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.2), onnx: took(0.09) } } })
    expect(await opening).toMatchObject({
      profile: 'quick',
      report: {
        engine: 'onnx',
        reason: 'The GPU acme x1 was slower in a trial (200 ms for a training step of quick, onnx 90 ms; --engine webgpu takes it all the same). Without it: the fastest engine of this version that can be opened here.',
      },
    })
    expect(closed).toEqual(['webgpu'])
  })

  it('is the processor where the GPU computes something else, however fast, or NaN', async () => {
    for (const wrong of [1.4, NaN]) {
      const { opening } = await open('auto', { profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.01, [...numbers.slice(0, 5), wrong]), onnx: took(0.09) } } })
      expect((await opening).report).toMatchObject({ engine: 'onnx', reason: expect.stringMatching(/^The GPU acme x1 computed other numbers than the processor in a trial \(1, 2,/) as string })
    }
  })

  it('is the processor where the GPU fails in its trial, and passes on its words', async () => {
    const { opening, closed } = await open('auto', { profile: 'quick', gpu: adapter, trials: { quick: { gpu: new Error('The GPU acme x1 has no memory left.') } } })
    expect((await opening).report).toMatchObject({ engine: 'onnx', reason: expect.stringMatching(/^The GPU acme x1 failed in a trial: The GPU acme x1 has no memory left\. Without it:/) as string })
    expect(closed).toEqual(['webgpu'])
  })

  it('is the GPU where there is no onnx to try it against', async () => {
    const { opening } = await open('auto', { found: missing, profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.2) } } })
    expect((await opening).report).toMatchObject({ engine: 'webgpu', reason: 'the GPU took 200 ms for a training step of quick in a trial; onnx cannot be had here.' })
  })
})

describe('onnx by name', () => {
  it('is opened, and says why its backend is no wasm where it is none', async () => {
    const { opening, opened } = await open('onnx', { profile: 'auto', gpu: adapter, backend: { engine: 'cpu', backend: 'cpu', reason: 'wasm is not installed.' } })
    expect((await opening).report).toMatchObject({ engine: 'onnx', backend: 'cpu', reason: 'asked for by name. Its tfjs backend: wasm is not installed.' })
    expect(opened).toEqual(['auto, no GPU'])
  })

  it('that a resumed run had says so', async () => {
    const { opening } = await open('onnx', { because: 'as the run that is resumed had it.' })
    expect((await opening).report.reason).toBe('as the run that is resumed had it.')
  })

  it('is refused where onnxruntime-node cannot be loaded, with the remedy, and nothing is opened in its place', async () => {
    const { opening, opened } = await open('onnx', { found: missing })
    await expect(opening).rejects.toThrow('--engine onnx cannot be had here; give another, such as --engine wasm. It is not installed. Install it.')
    expect(opened).toEqual([])
  })
})

describe('a backend by name', () => {
  it.each(['wasm', 'cpu', 'webgpu'] as const)('%s is opened as it is, without a look at onnxruntime-node', async (name) => {
    const { opening, opened, looked } = await open(name, { gpu: adapter, profile: 'quick' })
    expect(await opening).toMatchObject({ report: { engine: name, reason: 'asked for by name.' }, compute: eagerCompute, profile: 'quick' })
    expect([opened, looked()]).toEqual([[name], 0])
  })

  it.each([[0.2, 'full'], [0.3, 'quick']] as const)('on a GPU whose training step of full takes %d s has the profile %s, where that was left open', async (seconds, profile) => {
    const { opening, tried } = await open('webgpu', { gpu: adapter, profile: 'auto', trials: { full: { gpu: took(seconds) } } })
    expect([(await opening).profile, tried]).toEqual([profile, ['gpu full']])
  })

  it('on the processor, a software adapter among them, has the profile quick without a trial', async () => {
    for (const name of ['wasm', 'webgpu'] as const) {
      const { opening, tried } = await open(name, { gpu: { ...adapter, software: true }, profile: 'auto' })
      expect([(await opening).profile, tried]).toEqual(['quick', []])
    }
  })

  it('refused for its software adapter says so in the words of the command line', async () => {
    const refused = new BackendUnavailableError({ engine: 'webgpu', reason: 'Only a software adapter.', remedy: 'Pass allowSoftwareAdapter.', adapter: { ...adapter, software: true } })
    const { opening } = await open('webgpu', { openBackend: () => Promise.reject(refused) })
    await expect(opening).rejects.toThrow('Only a software adapter. Install the driver of a card, give another engine, or give --allow-software-adapter to take it all the same.')
  })
})

it('an abort while onnxruntime-node is looked for opens nothing', async () => {
  const { opening, opened } = await open('auto', { profile: 'quick', signal: AbortSignal.abort(new Error('enough')) })
  await expect(opening).rejects.toThrow('enough')
  expect(opened).toEqual([])
})

it('an abort during a trial gives the GPU back', async () => {
  const controller = new AbortController()
  const tryEngine = () => (controller.abort(new Error('enough')), Promise.resolve(took(0.1)))
  const { opening, closed } = await open('auto', { profile: 'quick', gpu: adapter, signal: controller.signal, tryEngine })
  await expect(opening).rejects.toThrow('enough')
  expect(closed).toEqual(['webgpu'])
})

it('the workspace has the onnxruntime-node that the program depends on', async () => {
  expect(await findOnnxRuntime()).toEqual({ version: '1.30.0' })
})
