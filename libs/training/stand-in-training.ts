/**
 * For tests that end it: a training run as a process of its own, which saves after every step into the folder of its first argument, up to
 * the step of its second. It says `at work` after the first step that it made. Its disk is slow, so that most of its time goes into writing.
 */
import fs from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import '@tensorflow/tfjs-backend-cpu'
import '@tensorflow/tfjs-layers'
import { fillNormal, type Params } from '@sbgm/sde-core'
import { adamW, constantRate, eagerRunner, emaDecay, parameterLayout, trainStep, type Batch, type HostBatch, type TrainRun } from '@sbgm/training'
import { checkpointStore, trainWithCheckpoints, type CheckpointedRun } from '@sbgm/training/node'
import { add, mean, mul, setBackend, square, sub, zeros, type Scalar } from '@tensorflow/tfjs-core'

const width = 200

const loss = ({ kernel, bias }: Params, { x, y }: Batch) => mean(square(sub(add(mul(kernel, x), bias), y))) as Scalar

const batch = (step: number): HostBatch => {
  const numbers = new Float32Array(2 * width)
  fillNormal(numbers, 2, { seed: 9, stream: 'stand-in', step, firstSample: 0, draw: 0 })
  return { x: { data: numbers.slice(0, width), shape: [width] }, y: { data: numbers.slice(width), shape: [width] } }
}

/** The run. Its steps do not depend on how many there will be. */
export function standInRun(steps: number): TrainRun {
  const params = { kernel: zeros([50, width]), bias: zeros([50, 1]) }
  const runner = eagerRunner(trainStep({ loss, layout: parameterLayout(params), optimizer: adamW() }))
  return { runner, params, steps, batch, learningRate: constantRate({ rate: 0.01, warmup: 10 }), averageDecay: emaDecay(0.99), record: { seed: 9, width } }
}

/** The same run, saving itself. */
export const savedRun = (folder: string, steps: number): CheckpointedRun => ({
  ...standInRun(steps),
  store: checkpointStore({ folder: join(folder, 'checkpoints'), keep: 2 }),
  every: 1,
  log: { path: join(folder, 'log.jsonl'), batchSize: width },
})

/** From now on files are written in ten pieces, with a pause before each. */
async function slowDownDisk(): Promise<void> {
  const file = await fs.open(fileURLToPath(import.meta.url), 'r')
  await file.close()
  const slow: Pick<fs.FileHandle, 'writeFile'> = {
    async writeFile(this: fs.FileHandle, data) {
      const bytes = data as Uint8Array
      const piece = Math.ceil(bytes.length / 10)
      for (let start = 0; start < bytes.length; start += piece) {
        await pause(1)
        await this.write(bytes.subarray(start, start + piece))
      }
    },
  }
  Object.assign(Object.getPrototypeOf(file) as fs.FileHandle, slow)
}

const [folder, steps] = process.argv.slice(2)
if (folder !== undefined && steps !== undefined && process.env.SBGM_STAND_IN === 'training') {
  await slowDownDisk()
  await setBackend('cpu')
  let made = 0
  for await (const event of trainWithCheckpoints(savedRun(folder, Number(steps)))) {
    if (event.saved && ++made === 1) process.stdout.write('at work\n')
  }
  process.stdout.write('done\n')
}
