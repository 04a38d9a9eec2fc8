/*
 * Compiles src/wasm/*.as.ts to one WebAssembly module and writes it as base64 into heap-kernels-module.ts beside them.
 *
 *   node libs/backends/build-heap-kernels.mjs          writes the module
 *   node libs/backends/build-heap-kernels.mjs --check  exits with 1 if the committed module is not what the sources compile to
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import asc from 'assemblyscript/asc'

const folder = fileURLToPath(new URL('src/wasm/', import.meta.url))
const generated = `${folder}heap-kernels-module.ts`

/** Compiles the kernels; returns the bytes of the module. */
async function compile() {
  let bytes
  const sources = (await readdir(folder)).filter((name) => name.endsWith('.as.ts')).sort()
  const files = [...sources, '--baseDir', folder, '--outFile', 'kernels.wasm']
  const code = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd']
  const memory = ['--importMemory', '--noExportMemory', '--initialMemory', '1']
  const { error, stderr } = await asc.main([...files, ...code, ...memory], {
    writeFile: (_name, contents) => {
      bytes = contents
    },
  })
  if (error) throw new Error(`The heap kernels must compile; the compiler said:\n${stderr.toString()}`, { cause: error })
  return bytes
}

const bytes = await compile()
const lines = Buffer.from(bytes).toString('base64').match(/.{1,112}/g)
const source = `// Made by build-heap-kernels.mjs from the *.as.ts files beside it. Do not edit.

/** The heap kernels: a WebAssembly module of ${bytes.length} bytes, in base64. */
export const HEAP_KERNELS_MODULE =
${lines.map((line, index) => `  ${index === 0 ? '' : '  '}'${line}'`).join(' +\n')}
`

if (process.argv.includes('--check')) {
  if ((await readFile(generated, 'utf8')) === source) {
    console.log('The committed heap kernels are what their sources compile to.')
  } else {
    console.error('The committed heap kernels must be what their sources compile to.')
    console.error('Run: node libs/backends/build-heap-kernels.mjs')
    process.exitCode = 1
  }
} else {
  await writeFile(generated, source)
  console.log(`Wrote ${bytes.length} bytes of WebAssembly.`)
}
