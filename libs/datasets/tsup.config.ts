import { defineConfig } from 'tsup'
import { library } from '../../tools/tsup-preset'

/** `index` runs anywhere; `node` reads and writes files. */
export default defineConfig(library({ entry: ['src/index.ts', 'src/node.ts'], external: [/^node:/, /^@sbgm\//, /^@tensorflow\//] }))
