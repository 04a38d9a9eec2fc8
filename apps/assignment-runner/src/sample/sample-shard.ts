import { join } from 'node:path'
import { encodeSafetensors } from '@sbgm/training'
import { encodePng, imageGridRaster } from '@sbgm/viz'
import { atomicWrite } from '../atomic-write'
import type { PartConfiguration } from '../configuration'
import { determinismOf } from '../determinism'
import { describeEngine, threadsOf, type EngineReport } from '../engine'
import { exitCode } from '../exit-code'
import { isWhole, recordOf, type FileRecord } from '../file-record'
import type { Host } from '../host'
import type { ImageSize } from '../judges/image-size'
import { sampleBatch } from '../images/sample-images'
import { samplingPlan, type SamplingPlan } from '../images/sampler-choice'
import { prepareOut } from '../prepare-out'
import type { Versions } from '../versions'
import { withEngine, type EngineSession } from '../with-engine'
import { readCheckpoint, type Checkpoint } from './checkpoint'
import { openStoredScore, rowsAtATime, type StoredScore } from './open-stored-score'
import {
  manifestNameOf, platform, readEarlierShards, requireSameRun, sampleFormat, sampleFormatVersion, writeSampleManifest, type EarlierShard,
  type SampleManifest,
} from './sample-manifest'
import type { SampleOptions } from './sample-options'
import { rangeOf } from './shard'

/**
 * `sbgm-assignment sample`: draws the images of a shard that are not there yet. Image k is a function of checkpoint, seed, sampler, steps
 * and k alone, so the shards of a run are its images, byte for byte.
 *
 * @returns the exit code
 * @throws {RunError} for a checkpoint that cannot be used, a folder that cannot be written to or that holds images of another
 * configuration; what opening the engine and sampling throw.
 */
export async function sampleShard(options: SampleOptions, versions: Versions, host: Host): Promise<number> {
  const { engine, threads, allowSoftwareAdapter, out } = options
  const checkpoint = readCheckpoint(options.checkpoint)
  prepareOut(out)
  const earlier = readEarlierShards(out)
  const kept = 'the images that were finished are kept, the same command goes on from them'
  return withEngine({ engine, threads, allowSoftwareAdapter, kept }, host, async (session) => {
    const model = openStoredScore(session.compute, checkpoint)
    try {
      const plan = samplingPlan(options, model.own, model.sde)
      await drawShard({ options, versions, checkpoint, earlier, model, plan, session })
      return exitCode.ok
    } finally {
      await model.close()
    }
  })
}

interface Drawing {
  readonly options: SampleOptions
  readonly versions: Versions
  readonly checkpoint: Checkpoint
  readonly earlier: readonly EarlierShard[]
  readonly model: StoredScore
  readonly plan: SamplingPlan
  readonly session: EngineSession
}

async function drawShard({ options, versions, checkpoint, earlier, model, plan, session }: Drawing): Promise<void> {
  const { out, shard, seed } = options
  const { report, signal, progress } = session
  const { first, count } = rangeOf(shard, options.count)
  const configuration = configurationOf(checkpoint, options, plan, report)
  const machine = platform()
  requireSameRun(out, earlier, { ...versions, configuration, platform: machine })

  progress.note(`shard ${shard.index}/${shard.of}: ${count === 0 ? 'no image' : imagesWords(first, count)} of ${options.count}, seed ${seed}, in ${out}`)
  progress.note(`engine ${describeEngine(report)}`)
  progress.note(`${plan.words}; ${plan.conditions}`)
  const other = earlier.find(({ platform: { cpu } }) => cpu !== machine.cpu)
  if (other) progress.note(`note: the images of ${other.name} were made on another processor (${other.platform.cpu}); the same image may differ from one to the other in its last bits`)

  const files = filesOf(out, earlier, manifestNameOf(shard))
  const missing = Array.from({ length: count }, (_, i) => first + i).filter((index) => !files.take(index))
  const save = (complete: boolean): void => writeSampleManifest(out, {
    format: sampleFormat, formatVersion: sampleFormatVersion, ...versions, platform: machine, engine: report, determinism: determinismOf(report.engine),
    configuration, shard: { ...shard, first, count, countOfAll: options.count }, complete, files: files.records(),
  } satisfies SampleManifest)
  save(missing.length === 0)

  const size = { height: checkpoint.size[0], width: checkpoint.size[1], channels: checkpoint.size[2] }
  const batches = runsOf(missing, rowsAtATime)
  const steps = plan.grid.length - 1
  const stage = missing.length === 0 ? undefined : progress.stage('sampling', batches.length * steps)
  const sampling = { dynamics: plan.dynamics(model.modelFor(plan), model.sde), sampler: plan.sampler, grid: plan.grid, size, stream: model.stream }
  for (const [number, batch] of batches.entries()) {
    signal.throwIfAborted()
    const detail = batches.length > 1 ? `batch ${number + 1} of ${batches.length}` : undefined
    const onStep = (step: number) => stage?.advance(number * steps + step, detail)
    const { data } = await sampleBatch(sampling, { first: batch[0], count: batch.length, along: undefined, onStep }, { seed, signal })
    batch.forEach((index, row) => files.write(index, data.subarray((row * data.length) / batch.length, ((row + 1) * data.length) / batch.length), size))
    save(number === batches.length - 1)
    await new Promise((resolve) => setImmediate(resolve)) // a signal is seen before the next batch
  }
  stage?.end()
  const keptCount = count - missing.length
  progress.note(`${count} ${count === 1 ? 'image' : 'images'} in ${join(out, 'images')}${keptCount > 0 ? `, ${keptCount} of them from before` : ''}`)
}

const imagesWords = (first: number, count: number): string => (count === 1 ? `image ${first}` : `images ${first} to ${first + count - 1}`)

/** What decides the numbers of an image, apart from versions and platform. */
const configurationOf = ({ sha256 }: Checkpoint, { seed }: SampleOptions, { name, steps, conditions }: SamplingPlan, report: EngineReport): PartConfiguration => ({
  checkpoint: sha256, seed, sampler: name, steps, conditions, engine: report.engine, threads: threadsOf(report) ?? null,
})

/** Numbers, ascending, as runs of neighbours of a limited length. */
function runsOf(numbers: readonly number[], most: number): number[][] {
  const runs: number[][] = []
  for (const number of numbers) {
    const run = runs.at(-1)
    if (run !== undefined && run.length < most && run.at(-1) === number - 1) run.push(number)
    else runs.push([number])
  }
  return runs
}

/** The files of an image, relative to DIR; the names sort as the numbers do, up to a million images. */
const namesOf = (index: number) => {
  const number = String(index).padStart(6, '0')
  return { image: `images/${number}.png`, state: `states/${number}.safetensors` }
}

/** The files of a shard, with those that are there already. */
function filesOf(out: string, earlier: readonly EarlierShard[], own: string) {
  const recorded = new Map<string, FileRecord[]>()
  for (const record of earlier.flatMap(({ files }) => files)) recorded.set(record.path, [...(recorded.get(record.path) ?? []), record])
  const records = new Map((earlier.find(({ name }) => name === own)?.files ?? []).map((record) => [record.path, record]))
  const whole = (path: string) => recorded.get(path)?.find((record) => isWhole(out, record))
  const write = (path: string, data: Uint8Array) => {
    atomicWrite(join(out, path), data, path)
    records.set(path, recordOf(path, data))
  }
  return {
    /** Takes an image over where its files are there and whole; says whether they are. */
    take(index: number): boolean {
      const found = Object.values(namesOf(index)).map(whole)
      for (const record of found) if (record) records.set(record.path, record)
      return !found.includes(undefined)
    },
    /** Writes an image and its numbers, (height, width, channels). */
    write(index: number, data: Float32Array, { height, width, channels }: ImageSize): void {
      const { image, state } = namesOf(index)
      write(state, encodeSafetensors({ tensors: { x: { data, shape: [height, width, channels] } }, metadata: { index: String(index) } }))
      write(image, encodePng(imageGridRaster({ images: data, count: 1, height, width, channels }, { gap: 0 })))
    },
    records: (): readonly FileRecord[] => [...records.values()].sort((a, b) => (a.path < b.path ? -1 : 1)),
  }
}
