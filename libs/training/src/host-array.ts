/** Numbers on the host with a shape: what batches and files are made of. */
export interface HostArray {
  /** The numbers, row by row. */
  readonly data: Float32Array
  /** Their shape. */
  readonly shape: readonly number[]
}

/** Arrays by the names of a network's parameters. */
export type HostArrays = Readonly<Record<string, HostArray>>

/** How many numbers a shape holds; 1 for a scalar's, (). */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, axis) => product * axis, 1)
