/** What can be relied on when the same run is made again. */
export interface Determinism {
  readonly promise: 'bit-identical' | 'within-tolerance'
  readonly conditions: string
}

const same = 'the same seed, configuration, engine, versions and CPU type'
const whatever = 'whatever the batch size, sharding and resume'

/** Engines whose arithmetic has one order, and what that order hangs on. */
const bitIdentical: Readonly<Record<string, string>> = {
  cpu: `${same}, ${whatever}`,
  wasm: `${same}, ${whatever}`,
  onnx: `${same}, and the same number of threads, ${whatever}`,
}

/**
 * The promise of an engine. Noise is bit-identical everywhere, since it is made on the host; states are so where the
 * engine's arithmetic has one order.
 */
export function determinismOf(engine: string): Determinism {
  const conditions = bitIdentical[engine]
  return conditions === undefined
    ? { promise: 'within-tolerance', conditions: 'the same seed, configuration and versions; noise is bit-identical, states agree up to float32 rounding' }
    : { promise: 'bit-identical', conditions }
}
