import type { Params } from '@sbgm/sde-core'
import type { StepRunner, TrainStep } from '@sbgm/training'
import type { Tensor } from '@tensorflow/tfjs-core'

/** A network's forward pass: parameters and inputs by name → outputs by name. Pure; row k of an output depends on row k of the inputs alone. */
export type Forward = (params: Params, inputs: Readonly<Record<string, Tensor>>) => Readonly<Record<string, Tensor>>

/** A network with its parameters bound. */
export interface BoundNetwork {
  /**
   * Evaluates it. The first call may take some tenths of a second longer.
   *
   * @param inputs - by name, each of shape (rows, …); borrowed until it resolves
   * @returns the outputs by name, on the active backend; owned by the caller
   */
  run(inputs: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>>
  /** Frees what was made; the parameters stay the caller's. Idempotent. */
  close(): Promise<void>
}

/** How networks are trained and evaluated: eagerly on the active backend, or compiled. All else is computed on the backend. */
export interface Compute {
  /** What stands before the first step of a training and may take a second, for the progress. @defaultValue none: nothing does */
  readonly preparing?: string
  /** The same for networks of so few operations that threads would hold each other up, as those on the line. @defaultValue none: it suits those too */
  readonly forSmallNetworks?: Compute
  /** Runs a training step; what its runs open, they free at their end. */
  runner(step: TrainStep): StepRunner
  /**
   * Binds parameters to a network.
   *
   * @param forward - the network
   * @param params - borrowed until the network is closed
   * @param rows - how many rows are evaluated at a time where that must be fixed: other batches are cut into such blocks and the last is
   * filled up, so that a row's outputs have the same bits in every batch
   * @returns the network; close it at the end
   */
  bind(forward: Forward, params: Params, rows: number): BoundNetwork
}
