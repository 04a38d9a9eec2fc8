import type { Options } from 'tsup'

/** How every @sbgm library is built: ESM and CommonJS with types for each, source maps, nothing bundled that is a dependency. */
export function library(options: Options = {}): Options {
  return {
    entry: ['src/index.ts'],
    format: ['esm', 'cjs'],
    target: 'es2022',
    platform: 'neutral',
    dts: true,
    sourcemap: true,
    clean: true,
    silent: true,
    splitting: true,
    treeshake: true,
    external: [/^@tensorflow\//, /^@sbgm\//],
    ...options,
  }
}
