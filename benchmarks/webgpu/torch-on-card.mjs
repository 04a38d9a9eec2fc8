import { pythonTwin } from '../python-twin.mjs'

/**
 * PyTorch by the twin, on the card; on the processor where that is what WebGPU computes on, too.
 *
 * @param {URL} script - torch_twin.py
 * @param {boolean} software - whether WebGPU has a software adapter
 * @returns {Promise<{ missing: string } | { report: object, variants: readonly string[], measure: (request: object) => Promise<{ milliseconds: number }>, stop: () => void }>}
 */
export async function torchOnCard(script, software) {
  const twin = await pythonTwin(script)
  if (!twin) return { missing: 'No Python with torch and numpy was found, or no torch_twin.py for it: PYTHON and --twin name them.' }
  const machine = JSON.parse(await twin.ask(JSON.stringify({ machine: true })))
  if (!software && !machine.cuda) {
    twin.stop()
    return { missing: `PyTorch ${twin.version} of this Python finds no card by CUDA.` }
  }
  const report = { version: twin.version, ...machine, device: software ? 'cpu' : 'cuda', float32: 'IEEE, no TF32' }
  return {
    report,
    variants: machine.compile ? ['eager', 'compiled'] : ['eager'],
    async measure(request) {
      const line = await twin.ask(JSON.stringify({ ...request, device: report.device }))
      if (line === undefined) throw new Error('Python has ended.')
      const answer = JSON.parse(line)
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer
    },
    stop: () => twin.stop(),
  }
}
