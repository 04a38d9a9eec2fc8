import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { BackendUnavailableError, type Backend, type OpenBackendOptions } from '@sbgm/backends'
import { DatasetUnavailableError } from '@sbgm/datasets/node'
import { atMost } from './bar'
import type { Host } from './host'
import type { SignalSource } from './interruption'
import type { Part, PartContext, PartResult } from './part'
import type { PartId } from './part-id'

/** For tests: a {@link Host} that keeps what the program says, with an engine that does nothing. */
export interface StandInHost extends Host {
  readonly said: { readonly stdout: () => string; readonly stderr: () => string }
  /** Codes with which the program ended the process by force. */
  readonly exits: readonly number[]
  /** How often the engine was opened, and closed. */
  readonly engine: { readonly opened: () => number; readonly closed: () => number }
}

/** For tests: makes a {@link StandInHost}. It has the engine `cpu` alone, which `auto` opens too, and no data set but the drawn one. */
export function standInHost(parts: readonly Part[], overrides: Partial<Host> = {}): StandInHost {
  const [stdout, stderr] = [textSink(), textSink()]
  const exits: number[] = []
  const silent: SignalSource = { on: () => undefined, off: () => undefined }
  let [opened, closed] = [0, 0]
  const open = ({ engine = 'auto' }: OpenBackendOptions = {}): Promise<Backend> => {
    if (engine !== 'auto' && engine !== 'cpu') {
      const reason = `Engine '${engine}' is not there.`
      return Promise.reject(new BackendUnavailableError({ engine, reason, remedy: "Choose 'cpu'." }))
    }
    opened++
    return Promise.resolve({
      engine: 'cpu',
      backend: 'cpu',
      version: '4.22.0',
      reason: 'the stand-in of a test.',
      details: { threads: 1 },
      gradients: true,
      close: () => Promise.resolve(void closed++),
    })
  }
  return {
    parts,
    stdout: stdout.stream,
    stderr: stderr.stream,
    env: {},
    signals: silent,
    exit: (code) => void exits.push(code),
    openBackend: open,
    findOnnxRuntime: () => Promise.resolve({ missing: 'This test has no onnxruntime-node.' }),
    findJupyter: () => Promise.resolve({ missing: 'This test has no Jupyter.' }),
    loadDataset: ({ name }) => Promise.reject(new DatasetUnavailableError(name, 'download-failed', `${name} is not to be had in this test.`)),
    ...overrides,
    said: { stdout: stdout.text, stderr: stderr.text },
    exits,
    engine: { opened: () => opened, closed: () => closed },
  }
}

/** For tests: a world whose only GPU is a software adapter, which `webgpu` opens where that is allowed; the backend is the one of a {@link standInHost}. */
export function softwareAdapterOnly(): Host['openBackend'] {
  const { openBackend } = standInHost([])
  const adapter = { vendor: 'google', architecture: 'swiftshader', device: '', description: '', software: true, limits: {} }
  return async (options = {}) => {
    if (options.engine !== 'webgpu') return openBackend(options)
    if (options.allowSoftwareAdapter !== true) throw new BackendUnavailableError({ engine: 'webgpu', reason: 'Only a software adapter.', remedy: 'Pass allowSoftwareAdapter: true.', adapter })
    return { ...(await openBackend({ ...options, engine: 'cpu' })), engine: 'webgpu', reason: 'asked for by name.', adapter }
  }
}

/** For tests: a stream that keeps what is written to it. */
export function textSink(properties: { readonly isTTY?: boolean } = {}) {
  let text = ''
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk)
      done()
    },
  })
  return { stream: Object.assign(stream, properties), text: () => text }
}

/** For tests: a part that writes one file, keeps one bar, and counts how often it ran. */
export function standInPart(id: PartId, overrides: Partial<Part> = {}): Part & { readonly runs: () => number } {
  let runs = 0
  const work = overrides.run ?? passes
  const run = (context: PartContext): Promise<PartResult> => {
    runs++
    return work(context)
  }
  return { id, title: `stand-in ${id}`, ...overrides, run, runs: () => runs }
}

function passes({ folder, seed }: PartContext): Promise<PartResult> {
  folder.write('figure.txt', `drawn with seed ${seed}`)
  return Promise.resolve({ metrics: { mean: 0.25 }, bars: [atMost('error', 0.1, 0.2)] })
}

/** For tests: calls with the path of a new folder, which is gone afterwards. */
export async function inTemporaryFolder<Result>(use: (folder: string) => Promise<Result> | Result): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'sbgm-'))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
