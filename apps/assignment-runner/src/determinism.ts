/** What can be relied on when the same run is made again. */
export interface Determinism {
  readonly promise: 'bit-identical' | 'within-tolerance'
  readonly conditions: string
}

/**
 * The promise of an engine. Noise is bit-identical everywhere, since it is made on the host; states are so where the
 * engine's arithmetic has one order.
 */
export function determinismOf(engine: string): Determinism {
  return engine === 'cpu' || engine === 'wasm'
    ? {
        promise: 'bit-identical',
        conditions:
          'the same seed, configuration, engine, versions and CPU type, whatever the batch size, sharding and resume',
      }
    : {
        promise: 'within-tolerance',
        conditions:
          'the same seed, configuration and versions; noise is bit-identical, states agree up to float32 rounding',
      }
}
