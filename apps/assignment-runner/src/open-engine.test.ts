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

const present = { version: '1.30.0', devices: ['cpu'] } as const
const withGpu = { version: '1.30.0', devices: ['cpu', 'webgpu'] } as const
const missing = { missing: 'It is not installed. Install it.' }
const adapter: AdapterReport = { vendor: 'acme', architecture: 'x1', device: '', description: '', software: false, limits: {} }
const numbers = [1, 2, 0.9, 1.5, 0.8, 1.1]

/** A world in which an engine is opened. */
interface World extends Partial<EngineSources> {
  readonly found?: Awaited<ReturnType<typeof findOnnxRuntime>>
  /** Its adapter, or why there is none. */
  readonly gpu?: AdapterReport | string
  readonly backend?: Partial<Backend>
  /** What a trial gives of a GPU eagerly, compiled for it, and of onnx, by profile. */
  readonly trials?: Partial<Record<'full' | 'quick', { readonly gpu?: Trial | Error; readonly compiled?: Trial | Error; readonly onnx?: Trial | Error }>>
}

/** Opens an engine and tells which backends were asked for, tried and closed. */
async function open(asked: RunOptions['engine'], { found = present, gpu = 'There is none.', backend = {}, trials = {}, ...sources }: World = {}) {
  const [opened, closed, tried, said]: string[][] = [[], [], [], []]
  let looked = 0
  const opening = openEngine(asked, {
    openBackend: ({ engine = 'auto', gpu: look = 'use', allowSoftwareAdapter = false }: OpenBackendOptions = {}): Promise<Backend> => {
      opened.push(engine === 'auto' && look === 'ignore' ? 'auto, no GPU' : engine)
      const name = engine === 'auto' || engine === 'onnx' ? 'wasm' : engine
      if (name === 'webgpu' && typeof gpu !== 'string' && gpu.software && !allowSoftwareAdapter) {
        return Promise.reject(new BackendUnavailableError({ engine: 'webgpu', reason: 'Only a software adapter.', remedy: 'Pass allowSoftwareAdapter.', adapter: gpu }))
      }
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
    checkOnnxOnGpu: () => Promise.resolve(),
    say: (line) => said.push(line),
    tryEngine: (compute, work: TrialWork) => {
      const profile = work === imageModelSettings.full ? 'full' : 'quick'
      const engine = compute === eagerCompute ? 'gpu' : compute.runner(anyStep).name === 'onnxruntime on WebGPU' ? 'compiled' : 'onnx'
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
const anyStep = { layout: { total: 1 } } as Parameters<typeof eagerCompute.runner>[0]
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
    expect(report).toMatchObject({ engine: 'webgpu', adapter, reason: 'the fastest in a trial of training steps of full: webgpu 100 ms, onnx 1250 ms, with the same results.' })
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
        reason: 'The GPU acme x1 was slower in a trial (a training step of quick: onnx 90 ms, webgpu 200 ms; --engine webgpu takes it all the same). Without it: the fastest engine of this version that can be opened here.',
      },
    })
    expect(closed).toEqual(['webgpu'])
  })

  it('is the processor where the GPU computes something else, however fast, or NaN', async () => {
    for (const wrong of [1.4, NaN]) {
      const { opening } = await open('auto', { profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.01, [...numbers.slice(0, 5), wrong]), onnx: took(0.09) } } })
      expect((await opening).report).toMatchObject({ engine: 'onnx', reason: expect.stringMatching(/^In a trial of the GPU acme x1 webgpu computed other numbers than the processor \(1, 2,.*\)\. Without it: the fastest/) as string })
    }
  })

  it('is the processor where the GPU fails in its trial, and passes on its words', async () => {
    const { opening, closed } = await open('auto', { profile: 'quick', gpu: adapter, trials: { quick: { gpu: new Error('The GPU acme x1 has no memory left.') } } })
    expect((await opening).report).toMatchObject({ engine: 'onnx', reason: expect.stringMatching(/^In a trial of the GPU acme x1 webgpu failed: The GPU acme x1 has no memory left\. Without it:/) as string })
    expect(closed).toEqual(['webgpu'])
  })

  it('is the processor where that fails in the trial, so that nothing says whether the GPU is right, and says so', async () => {
    const { opening, closed } = await open('auto', { profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.01), onnx: new Error('no memory left') } } })
    expect((await opening).report).toMatchObject({ engine: 'onnx', reason: 'In a trial of the GPU acme x1 the processor, with which it must agree, failed: no memory left. Without it: the fastest engine of this version that can be opened here.' })
    expect(closed).toEqual(['webgpu'])
  })

  it('is not the GPU where what it computes is no number, though there is no onnx to try it against', async () => {
    const { opening } = await open('auto', { found: missing, profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.01, [1, NaN]) } } })
    expect((await opening).report).toMatchObject({ engine: 'wasm', reason: expect.stringMatching(/^In a trial of the GPU acme x1 webgpu computed what are no numbers \(1, NaN\)\. Without it: /) as string })
  })

  it('is the GPU where there is no onnx to try it against', async () => {
    const { opening } = await open('auto', { found: missing, profile: 'quick', gpu: adapter, trials: { quick: { gpu: took(0.2) } } })
    expect((await opening).report).toMatchObject({ engine: 'webgpu', reason: 'the fastest in a trial of training steps of quick: webgpu 200 ms; onnx cannot be had here.' })
  })
})

describe('auto where onnxruntime has an engine for the GPU, too,', () => {
  const slow = { seconds: 0.09, numbers }

  it('is the fastest of the three where all compute the same: here that engine, with the fastest backend beside it that is no GPU', async () => {
    const { opening, opened, closed, tried } = await open('auto', { found: withGpu, profile: 'quick', gpu: adapter, trials: { quick: { compiled: took(0.02), gpu: took(0.05), onnx: slow } } })
    const { report, compute, close } = await opening
    expect(report).toEqual({
      engine: 'onnx-webgpu', backend: 'wasm', version: '4.22.0', details: { threads: 1 }, gradients: true, onnxruntime: { version: '1.30.0' }, adapter,
      reason: 'the fastest in a trial of training steps of quick: onnx-webgpu 20 ms, webgpu 50 ms, onnx 90 ms, with the same results.',
    })
    expect(describeEngine(report)).toMatch(/^onnx-webgpu \(onnxruntime-node 1\.30\.0 on the GPU acme x1, by its own WebGPU engine; tfjs backend wasm 4\.22\.0 for the rest\): the fastest/)
    expect([compute.runner(anyStep).name, tried, opened, closed]).toEqual(['onnxruntime on WebGPU', ['compiled quick', 'onnx quick', 'gpu quick'], ['webgpu', 'auto, no GPU'], ['webgpu']])
    await close()
    expect(closed).toEqual(['webgpu', 'wasm'])
  })

  it('is TensorFlow.js on it where that is faster', async () => {
    const { opening, closed } = await open('auto', { found: withGpu, profile: 'quick', gpu: adapter, trials: { quick: { compiled: took(0.06), gpu: took(0.05), onnx: slow } } })
    expect((await opening).report).toMatchObject({ engine: 'webgpu', reason: expect.stringContaining('webgpu 50 ms, onnx-webgpu 60 ms, onnx 90 ms') as string })
    expect(closed).toEqual([])
  })

  it('is the processor where that is the fastest of all, and names the faster of the two for who wants the GPU', async () => {
    const { opening } = await open('auto', { found: withGpu, profile: 'quick', gpu: adapter, trials: { quick: { compiled: took(0.1), gpu: took(0.2), onnx: slow } } })
    expect((await opening).report.reason).toMatch(/^The GPU acme x1 was slower in a trial \(a training step of quick: onnx 90 ms, onnx-webgpu 100 ms, webgpu 200 ms; --engine onnx-webgpu takes it all the same\)\. Without it: /)
  })

  it.each<readonly [string, Trial | Error, string]>([
    ['computes something else, however fast', took(0.001, [...numbers.slice(0, 5), 1.4]), 'onnx-webgpu computed other numbers than the processor (1, 2, 0.9, 1.5, 0.8, 1.4 for 1, 2, 0.9, 1.5, 0.8, 1.1).'],
    ['fails', new Error('no memory left'), 'onnx-webgpu failed: no memory left.'],
  ])('is without it where it %s, and says so', async (_, compiled, words) => {
    const { opening } = await open('auto', { found: withGpu, profile: 'quick', gpu: adapter, trials: { quick: { compiled, gpu: took(0.05), onnx: slow } } })
    expect((await opening).report).toMatchObject({ engine: 'webgpu', reason: `the fastest in a trial of training steps of quick: webgpu 50 ms, onnx 90 ms, with the same results. ${words}` })
  })

  it('is the processor where both fail, each in a sentence of its own, whether or not what it threw ended with a full stop', async () => {
    const { opening } = await open('auto', { found: withGpu, profile: 'quick', gpu: adapter, trials: { quick: { compiled: new Error('no memory left'), gpu: new Error('Lost.') } } })
    expect((await opening).report).toMatchObject({ engine: 'onnx', reason: 'In a trial of the GPU acme x1 onnx-webgpu failed: no memory left. webgpu failed: Lost. Without it: the fastest engine of this version that can be opened here.' })
  })

  it('has the profile full where it alone is fast enough for that', async () => {
    const { opening, tried } = await open('auto', { found: withGpu, profile: 'auto', gpu: adapter, trials: { full: { compiled: took(0.15), gpu: took(0.3), onnx: took(2) } } })
    expect(await opening).toMatchObject({ report: { engine: 'onnx-webgpu' }, profile: 'full' })
    expect(tried).toEqual(['compiled full', 'onnx full', 'gpu full'])
  })
})

describe('onnx-webgpu by name', () => {
  it('is opened with the adapter that WebGPU finds, whose backend is closed again, and with wasm for the rest', async () => {
    const { opening, opened, closed, tried } = await open('onnx-webgpu', { found: withGpu, gpu: adapter, profile: 'quick' })
    const { report, compute, profile } = await opening
    expect(report).toMatchObject({ engine: 'onnx-webgpu', backend: 'wasm', adapter, onnxruntime: { version: '1.30.0' }, reason: 'asked for by name.' })
    expect([compute.runner(anyStep).name, compute.forSmallNetworks?.runner(anyStep).name, profile, opened, closed, tried]).toEqual(
      ['onnxruntime on WebGPU', 'onnxruntime, 1 threads', 'quick', ['webgpu', 'auto, no GPU'], ['webgpu'], []])
  })

  it.each([[0.2, 'full'], [0.3, 'quick']] as const)('whose training step of full takes %d s has the profile %s, where that was left open', async (seconds, profile) => {
    const { opening, tried } = await open('onnx-webgpu', { found: withGpu, gpu: adapter, profile: 'auto', trials: { full: { compiled: took(seconds) } } })
    expect([(await opening).profile, tried]).toEqual([profile, ['compiled full']])
  })

  it('refuses a software adapter, in the words of the command line, unless it is allowed', async () => {
    const software = { ...adapter, software: true }
    const { opening, opened } = await open('onnx-webgpu', { found: withGpu, gpu: software })
    await expect(opening).rejects.toThrow(/^--engine onnx-webgpu, asked for by name, cannot be had here\. Only a software adapter\. Install the driver of a card, give another engine, or give --engine onnx-webgpu --allow-software-adapter to take it all the same\.$/)
    expect(opened).toEqual(['webgpu'])
    const allowed = await open('onnx-webgpu', { found: withGpu, gpu: software, profile: 'auto', allowSoftwareAdapter: true })
    expect(await allowed.opening).toMatchObject({ report: { engine: 'onnx-webgpu', adapter: software }, profile: 'quick' })
  })

  it('is refused where onnxruntime-node cannot be loaded, where it has no engine for a GPU here, and where there is no GPU; nothing is opened in its place', async () => {
    const [without, unknown, nowhere] = [await open('onnx-webgpu', { found: missing }), await open('onnx-webgpu', { found: present, gpu: adapter }), await open('onnx-webgpu', { found: withGpu })]
    await expect(without.opening).rejects.toThrow('--engine onnx-webgpu cannot be had here; give another, such as --engine wasm. It is not installed. Install it.')
    await expect(unknown.opening).rejects.toThrow(/^--engine onnx-webgpu cannot be had here; give another, such as --engine webgpu\. onnxruntime-node 1\.30\.0 has no WebGPU engine for this system/)
    await expect(nowhere.opening).rejects.toThrow('There is none.')
    expect([without, unknown, nowhere].map(({ opened }) => opened)).toEqual([[], [], ['webgpu']])
  })

  it('is refused where onnxruntime cannot compute on that GPU, with its words, and the backend beside it is given back', async () => {
    const { opening, closed } = await open('onnx-webgpu', { found: withGpu, gpu: adapter, checkOnnxOnGpu: () => Promise.reject(new Error('no adapter for onnxruntime')) })
    await expect(opening).rejects.toThrow('no adapter for onnxruntime')
    expect(closed).toEqual(['webgpu', 'wasm'])
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

  it('on a GPU that fails when its profile is sought is given back, with its words', async () => {
    const { opening, closed } = await open('webgpu', { gpu: adapter, profile: 'auto', trials: { full: { gpu: new Error('no memory left') } } })
    await expect(opening).rejects.toThrow('no memory left')
    expect(closed).toEqual(['webgpu'])
  })

  it('on the processor, a software adapter among them, has the profile quick without a trial', async () => {
    for (const name of ['wasm', 'webgpu'] as const) {
      const { opening, tried } = await open(name, { gpu: { ...adapter, software: true }, profile: 'auto', allowSoftwareAdapter: true })
      expect([(await opening).profile, tried]).toEqual(['quick', []])
    }
  })

  it('refused for its software adapter says so in the words of the command line', async () => {
    const refused = new BackendUnavailableError({ engine: 'webgpu', reason: 'Only a software adapter.', remedy: 'Pass allowSoftwareAdapter.', adapter: { ...adapter, software: true } })
    const { opening } = await open('webgpu', { openBackend: () => Promise.reject(refused) })
    await expect(opening).rejects.toThrow('Only a software adapter. Install the driver of a card, give another engine, or give --engine webgpu --allow-software-adapter to take it all the same.')
  })
})

it.each(['onnx-webgpu', 'webgpu'] as const)('a run of %s that is resumed where there is no GPU is refused with what it needs and why', async (name) => {
  const { opening, opened } = await open(name, { found: withGpu, because: 'as the run that is resumed had it.' })
  await expect(opening).rejects.toThrow(`--engine ${name}, as the run that is resumed had it, cannot be had here. There is none. Get one.`)
  expect(opened).toEqual(['webgpu'])
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
  expect(await findOnnxRuntime()).toMatchObject({ version: '1.30.0' })
})
