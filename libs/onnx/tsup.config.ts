import { copyFile } from 'node:fs/promises'
import { library } from '../../tools/tsup-preset'
import { defineConfig } from 'tsup'

export default defineConfig(library({
  shims: true,
  // The worker thread is started from a file of its own, beside whatever file asks for it.
  onSuccess: () => copyFile('src/run/session-worker.mjs', 'dist/session-worker.mjs'),
}))
