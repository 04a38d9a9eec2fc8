import type { openBackend } from '@sbgm/backends'
import type { loadDataset } from '@sbgm/datasets/node'
import type { findOnnxRuntime } from '@sbgm/onnx'
import type { SignalSource } from './interruption'
import type { findJupyter } from './notebook/find-jupyter'
import type { Part } from './part'
import type { TextStream } from './progress'

/** The world that the program runs in. */
export interface Host {
  /** The parts that this version has. */
  readonly parts: readonly Part[]
  readonly stdout: TextStream
  readonly stderr: TextStream
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where SIGINT and SIGTERM arrive. */
  readonly signals: SignalSource
  /** Ends the process at once; called only where an interrupted part does not end by itself. */
  readonly exit: (code: number) => void
  readonly openBackend: typeof openBackend
  readonly findOnnxRuntime: typeof findOnnxRuntime
  readonly loadDataset: typeof loadDataset
  readonly findJupyter: typeof findJupyter
}
