import { defineConfig } from 'tsup'
import { library } from '../../tools/tsup-preset'

export default defineConfig(library({ entry: { index: 'src/index.ts', testing: 'src/testing/index.ts' } }))
