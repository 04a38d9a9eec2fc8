/*
 * Compiles libs/sde-core/src/noise/kernel.as.ts to WebAssembly and writes it as base64 into noise-kernel-module.ts
 * beside it.
 *
 *   node tools/build-noise-kernel.mjs          writes the module
 *   node tools/build-noise-kernel.mjs --check  exits with 1 if the committed module is not what the source compiles to
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const folder = fileURLToPath(new URL('../libs/sde-core/src/noise/', import.meta.url))
const generated = `${folder}noise-kernel-module.ts`

/** Compiles the kernel; returns the bytes of the module. */
async function compile() {
  let bytes
  const files = ['kernel.as.ts', '--baseDir', folder, '--outFile', 'kernel.wasm']
  const code = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd']
  const memory = ['--initialMemory', '1', '--maximumMemory', '1']
  const { error, stderr } = await asc.main([...files, ...code, ...memory], {
    writeFile: (_name, contents) => {
      bytes = contents
    },
  })
  if (error) {
    throw new Error(`The noise kernel must compile; the compiler said:\n${stderr.toString()}`, { cause: error })
  }
  return bytes
}

const bytes = await compile()
const lines = Buffer.from(bytes).toString('base64').match(/.{1,112}/g)
const source = `// Made by tools/build-noise-kernel.mjs from kernel.as.ts. Do not edit.

/** The noise kernel: a WebAssembly module of ${bytes.length} bytes, in base64. */
export const NOISE_KERNEL_MODULE =
${lines.map((line, index) => `  ${index === 0 ? '' : '  '}'${line}'`).join(' +\n')}
`

if (process.argv.includes('--check')) {
  if ((await readFile(generated, 'utf8')) === source) {
    console.log('The committed noise kernel is what its source compiles to.')
  } else {
    console.error('The committed noise kernel must be what its source compiles to.')
    console.error('Run: node tools/build-noise-kernel.mjs')
    process.exitCode = 1
  }
} else {
  await writeFile(generated, source)
  console.log(`Wrote ${bytes.length} bytes of WebAssembly.`)
}
