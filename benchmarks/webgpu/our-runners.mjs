import { lineProcess } from '../line-process.mjs'

/** What is measured of ours, by name: the first is what all others are compared with. */
export const ourRunners = { '@sbgm': 'own', '@sbgm/onnx': 'onnx', 'TensorFlow.js': 'stock' }

/**
 * Starts one of {@link ourRunners} as a process.
 *
 * @param {string} program - the file that understands `--worker`
 * @param {'own' | 'onnx' | 'stock'} kind
 * @param {boolean} allowSoftwareAdapter
 * @returns {Promise<{ opened: { adapter: object, version: string }, ask: (request: object) => Promise<object>, stop: () => Promise<void> }>}
 * @throws {Error} where it refused, with `software` where that was for a software adapter; `ask` throws what the process answers as an error.
 */
export async function startOurs(program, kind, allowSoftwareAdapter) {
  const worker = await lineProcess(process.execPath, [program, '--worker', kind, ...(allowSoftwareAdapter ? ['--allow-software-adapter'] : [])], { stderr: 'inherit' })
  if (worker === undefined) throw new Error('The process of our steps ended before it began.')
  const opened = JSON.parse(worker.first)
  if (opened.error !== undefined) throw Object.assign(new Error(opened.error), { software: opened.software })
  return {
    opened,
    async ask(request) {
      const line = await worker.ask(JSON.stringify(request))
      if (line === undefined) throw new Error('The process of our steps has ended.')
      const answer = JSON.parse(line)
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer
    },
    stop: worker.stop,
  }
}
