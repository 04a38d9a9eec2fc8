import type { Compute } from './compute/compute'
import type { EngineReport } from './engine'
import { InterruptedError } from './errors'
import { exitCode } from './exit-code'
import { explain } from './explain'
import type { Host } from './host'
import { watchInterruption } from './interruption'
import { openEngine } from './open-engine'
import { openProgress } from './open-progress'
import type { Profile, RunOptions } from './options'
import type { Progress } from './progress'

/** What {@link withEngine} opens, and how it takes an interruption. */
export interface EngineUse {
  /** The engine asked for. */
  readonly engine: RunOptions['engine']
  /** Threads of onnxruntime. @defaultValue one for each core */
  readonly threads?: number | undefined
  /** Profile of the run, where there is one: then `auto` looks for a GPU. @defaultValue none: it does not */
  readonly profile?: RunOptions['profile'] | undefined
  /** Whether `webgpu` may compute on the processor. @defaultValue false */
  readonly allowSoftwareAdapter?: boolean | undefined
  /** Why an engine that is no `auto` is the one asked for, as a sentence. @defaultValue that it was asked for by name */
  readonly because?: string | undefined
  /** What an interruption leaves, and how to go on from it, as a clause. @defaultValue that of a run */
  readonly kept?: string
  /** Called at once at the first signal, before the work is asked to stop. @defaultValue nothing */
  readonly onInterrupt?: () => void
}

/** An open engine with what long work needs beside it. */
export interface EngineSession {
  /** What the engine is and why it was chosen. */
  readonly report: EngineReport
  /** How it evaluates networks; its backend is the active one. */
  readonly compute: Compute
  /** The profile, `auto` decided; without one `quick`. */
  readonly profile: Profile
  /** Aborted at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  /** Where to say what is going on. */
  readonly progress: Progress
}

/**
 * Opens an engine, a progress display and a watch over signals, does the work with them and gives them back. Work that does not end
 * soon after a signal is ended by force, with the process.
 *
 * @returns what the work returns
 * @throws as `openEngine`, and what the work throws.
 */
export async function withEngine<Result>(
  { engine, threads, profile: asked, allowSoftwareAdapter, because, kept, onInterrupt = () => {} }: EngineUse, host: Host, use: (session: EngineSession) => Promise<Result>,
): Promise<Result> {
  const progress = openProgress({ stream: host.stdout, terminalType: host.env['TERM'] })
  const interruption = watchInterruption({
    signals: host.signals,
    kept,
    onInterrupt,
    onForce(by) {
      progress.close()
      explain(new InterruptedError(by, kept), host)
      host.exit(exitCode[by])
    },
  })
  const { signal } = interruption
  try {
    const { openBackend, findOnnxRuntime } = host
    const say = (line: string) => progress.note(line)
    const { report, compute, profile, close } = await openEngine(engine, { openBackend, findOnnxRuntime, signal, threads, profile: asked, allowSoftwareAdapter, because, say })
    try {
      return await use({ report, compute, profile, signal, progress })
    } finally {
      progress.close()
      await close()
    }
  } finally {
    interruption.stop()
  }
}
