import { availableParallelism, cpus, totalmem } from 'node:os'
import { BackendUnavailableError, checkGraphics, describeAdapter, type GraphicsCheck } from '@sbgm/backends'
import { describeEngine, reportOf } from '../engine'
import { oneLine } from '../errors'
import { exitCode } from '../exit-code'
import type { Host } from '../host'
import { engineChoices } from '../options'
import { softwareAdapterFlag } from '../software-adapter'
import type { Versions } from '../versions'
import { withEngine } from '../with-engine'

/** What of the world decides which GPU is found, by the environment's name. */
const variables = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'NVIDIA_VISIBLE_DEVICES', 'NVIDIA_DRIVER_CAPABILITIES', 'CUDA_VISIBLE_DEVICES', 'LD_LIBRARY_PATH']

/**
 * Says which engines there are on this machine, what of it a GPU lacks, and what a run would use: every engine is opened once, and the choice made as a run makes it, its trial of a
 * GPU included.
 *
 * @param checks - what a GPU needs here; for tests
 * @returns the exit code
 */
export async function doctor({ program, node }: Versions, host: Host, checks: readonly GraphicsCheck[] = checkGraphics()): Promise<number> {
  const { stdout, env } = host
  const say = (line = '') => stdout.write(`${line}\n`)
  say(`sbgm-assignment ${program.version}, Node ${node}, ${process.platform} ${process.arch}, ${cpus()[0]?.model.trim() ?? 'unknown processor'}, ${availableParallelism()} cores, ${(totalmem() / 2 ** 30).toFixed(1)} GiB`)
  say()
  say('Engines')
  for (const engine of engineChoices) if (engine !== 'auto') for (const line of await lookAt(engine, host)) say(line)
  if (checks.length > 0) {
    say()
    say('What a GPU needs here')
    for (const { name, ok, found, remedy } of checks) {
      say(`  ${ok ? 'ok' : 'no'}  ${name.padEnd(14)} ${found}`)
      if (!ok && remedy !== undefined) say(`${' '.repeat(21)}${remedy}`)
    }
  }
  const given = variables.filter((name) => env[name] !== undefined)
  if (given.length > 0) {
    say()
    say('Environment')
    for (const name of given) say(`  ${name}=${env[name] ?? ''}`)
  }
  say()
  say('A run would use')
  await withEngine({ engine: 'auto', profile: 'auto', kept: 'nothing was written' }, host, ({ report, profile }) => {
    say(`  ${describeEngine(report)}`)
    say(`  profile ${profile}, unless --profile names another`)
    return Promise.resolve()
  })
  return exitCode.ok
}

/** Whether an engine is there, and if not what to do. */
async function lookAt(engine: Exclude<(typeof engineChoices)[number], 'auto'>, { openBackend, findOnnxRuntime }: Host): Promise<readonly string[]> {
  const line = (ok: boolean, text: string) => `  ${ok ? 'ok' : 'no'}  ${engine.padEnd(14)} ${text}`
  const compiled = engine === 'onnx' || engine === 'onnx-webgpu'
  const found = compiled ? await findOnnxRuntime() : undefined
  if (found && 'missing' in found) return [line(false, found.missing)]
  if (engine === 'onnx') return [line(true, `onnxruntime-node ${found?.version}, ${availableParallelism()} threads`)]
  if (found?.devices.includes('webgpu') === false) return [line(false, `onnxruntime-node ${found.version} has no WebGPU engine for this system.`)]
  try {
    const backend = await openBackend({ engine: engine === 'onnx-webgpu' ? 'webgpu' : engine, gradients: true })
    await backend.close()
    const { adapter, details } = reportOf(backend)
    if (engine === 'onnx-webgpu') return [line(true, `onnxruntime-node ${found?.version} by its own WebGPU engine, on ${adapter ? describeAdapter(adapter) : 'a GPU'}`)]
    const facts = Object.entries(details).map(([name, value]) => `${name} ${String(value)}`).join(', ')
    const limits = adapter && Object.entries(adapter.limits).map(([name, value]) => `${name} ${value}`).join(', ')
    return [line(true, `tfjs backend ${backend.backend} ${backend.version}; ${adapter ? describeAdapter(adapter) : facts}`), ...(limits ? [`${' '.repeat(21)}${limits}`] : [])]
  } catch (error) {
    if (!BackendUnavailableError.isInstance(error)) return [line(false, oneLine(error))]
    if (engine === 'onnx-webgpu' && error.adapter?.software !== true) return [line(false, 'It computes on the card that webgpu opens: what is missing stands there.')]
    const remedy = error.adapter?.software === true ? `Install the driver of a card, or give a run --engine ${engine} ${softwareAdapterFlag} to take it all the same.` : error.remedy
    return [line(false, error.reason), `${' '.repeat(21)}${remedy}`]
  }
}
