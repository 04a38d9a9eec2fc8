import { defineConfig } from 'tsup'
import { library } from '../../tools/tsup-preset'

export default defineConfig(library())
