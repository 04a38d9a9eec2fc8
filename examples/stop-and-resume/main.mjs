// A run is stopped after 8 of 20 steps, written to a file, and resumed by another process: its samples are those of the whole run, to the bit.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import { decodeSavedRun, encodeSavedRun, resumeSample, sample, sdeDpmSolverPlusPlus } from '@sbgm/samplers'
import { lambdaGrid, mixtureTarget, reverseSde, samplePrior, tensorSpace as space, vpSde } from '@sbgm/sde-core'

const sde = vpSde()
const law = mixtureTarget({ sde, weights: [0.5, 0.5], means: [[-1, 0], [1, 0]], stds: [[0.2, 0.4], [0.4, 0.2]] })
const shape = [64, 2]
const run = {
  dynamics: reverseSde(sde, law.predictor('noise', space), space), // a sampler with noise and with memory of its last step
  sampler: sdeDpmSolverPlusPlus(),
  grid: lambdaGrid(sde.schedule, { from: 1, to: 1e-3, steps: 20 }),
  space,
  seed: 3,
}

/** Goes through a run; the digest of its last state, or the run itself after a step. */
async function follow(states, stopAfter) {
  for await (const { x, index, save } of states) {
    if (index === stopAfter) return encodeSavedRun(await save())
    if (index === 20) return createHash('sha256').update(new Uint8Array((await x.data()).buffer)).digest('hex').slice(0, 16)
  }
}

const [, , file] = process.argv
if (file) {
  console.log(await follow(resumeSample({ ...run, shape }, decodeSavedRun(readFileSync(file)))))
} else {
  const x = samplePrior({ sde, space, shape, seed: 3 })
  const folder = mkdtempSync(join(tmpdir(), 'sbgm-example-'))
  try {
    const path = join(folder, 'run.safetensors')
    const whole = await follow(sample({ ...run, x }))
    const bytes = await follow(sample({ ...run, x }), 8)
    writeFileSync(path, bytes)
    const resumed = execFileSync(process.execPath, [fileURLToPath(import.meta.url), path], { encoding: 'utf8' }).trim()
    console.log(`stopped after step 8 of 20: ${bytes.length > 1000 ? 'some kilobytes' : 'a few bytes'} in a file`)
    console.log(`resumed by another process: ${resumed === whole ? 'the same bits as the whole run' : 'other samples'}`)
  } finally {
    rmSync(folder, { recursive: true })
  }
}
