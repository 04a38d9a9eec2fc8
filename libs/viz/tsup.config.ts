import { defineConfig } from 'tsup'
import { library } from '../../tools/tsup-preset'

/** `index` runs anywhere; `png` is for Node and finds the fonts beside the build, in CommonJS too (hence the shims). */
export default defineConfig(library({ entry: ['src/index.ts', 'src/png.ts'], shims: true, external: [/^node:/, /^@sbgm\//] }))
