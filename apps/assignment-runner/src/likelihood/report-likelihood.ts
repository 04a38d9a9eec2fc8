import { discreteDdpm, vpSde, type Sde } from '@sbgm/sde-core'
import { dispose } from '@tensorflow/tfjs-core'
import { atomicWrite } from '../atomic-write'
import { openDifferentiable } from '../compute/open-differentiable'
import { describeEngine } from '../engine'
import { RunError, UsageError } from '../errors'
import { exitCode } from '../exit-code'
import type { Host } from '../host'
import { openDataset } from '../images/open-dataset'
import { weightTensors } from '../images/stored-network'
import type { StoredSde } from '../images/stored-sde'
import { datasetChoices } from '../options'
import { plainJson } from '../plain-json'
import { checkDataDir } from '../prepare-out'
import { readCheckpoint, type Checkpoint } from '../sample/checkpoint'
import { rowsAtATime } from '../sample/open-stored-score'
import type { Versions } from '../versions'
import { withEngine } from '../with-engine'
import type { LikelihoodOptions } from './likelihood-options'
import { dequantization, measureLikelihood, type MeasuredLikelihood } from './measure-likelihood'

/**
 * `sbgm-assignment likelihood`: bits per dimension of test images under a score network, in terms, with its standard error.
 *
 * @returns the exit code
 * @throws {RunError} for a checkpoint that cannot be used, or whose data set is another one than is there; {UsageError} for more images
 * than there are; what opening engine and data set and the solver throw.
 */
export async function reportLikelihood(options: LikelihoodOptions, versions: Versions, host: Host): Promise<number> {
  const { engine, threads, allowSoftwareAdapter, count, dataDir, firstTime, tolerance, probes, seed, to } = options
  const checkpoint = readCheckpoint(options.checkpoint)
  const dataset = datasetOf(checkpoint, options.checkpoint)
  if (dataDir !== undefined) checkDataDir(dataDir)
  return withEngine({ engine, threads, allowSoftwareAdapter, kept: 'nothing was written' }, host, async ({ report, compute, signal, progress }) => {
    const data = await openDataset({ dataset, dataDir }, { load: host.loadDataset, env: host.env, signal, progress })
    const { checksum, size } = { checksum: checkpoint.metadata['checksum'], size: checkpoint.size }
    if (checksum !== undefined && checksum !== data.checksum) throw new RunError(`the images must be those that the network was trained on; ${data.name} has another checksum than its file records. Give the folder of that set with --data-dir.`)
    if (size.join() !== [data.test.height, data.test.width, data.test.channels].join()) throw new RunError(`the network must be one for the images of ${data.name}, ${data.test.height} × ${data.test.width}; it is for ${size[0]} × ${size[1]}. Train it on that set.`)
    if (count > data.test.count) throw new UsageError(`--count must be at most the number of test images, ${data.test.count}; got ${count}.`)
    const { sde, least } = sdeOf(checkpoint.sde)
    const first = Math.max(firstTime, least)
    progress.note(`${count} test images of ${data.name}, drawn with seed ${seed}; flow from t = ${first} to ${sde.tMax}, tolerance ${tolerance}, ${probes} ${probes === 1 ? 'probe' : 'probes'} an image`)
    progress.note(`engine ${describeEngine(report)}`)
    const batch = Math.min(rowsAtATime, count)
    const params = weightTensors(checkpoint.weights, checkpoint.network)
    const model = openDifferentiable(compute, checkpoint.network, params, sde, { tMin: first, rows: batch })
    try {
      const measured = await measureLikelihood({ model, sde, images: data.test, count, firstTime: first, tolerance, probes, seed, batch }, { signal, progress })
      for (const line of lines(measured)) progress.note(line)
      if (to !== undefined) {
        const settings = { count, seed, firstTime: first, tolerance, probes, prior: 'N(0, I)', dequantization: 'uniform, 256 cells of 2/255 around u/127.5 - 1', logScale: dequantization.logScale }
        const { bits, indices, evaluations } = measured
        const result = { ...versions, engine: report, checkpoint: checkpoint.sha256, data: { name: data.name, checksum: data.checksum }, settings, bitsPerDimension: { mean: bits.mean, standardError: bits.standardError, terms: meansOf(measured) }, evaluations, images: { indices, total: bits.total, ...bits.terms, probeError: bits.probeError } }
        atomicWrite(to, plainJson(result), to)
      }
      return exitCode.ok
    } finally {
      await model.close()
      dispose({ ...params })
    }
  })
}

/** The data set that a network was trained on. */
function datasetOf({ metadata: { dataset } }: Checkpoint, path: string): 'mnist' | 'fashion-mnist' | 'digits' {
  const found = datasetChoices.find((name) => name === dataset)
  if (found !== undefined && found !== 'auto') return found
  throw new RunError(`--checkpoint must name the data set that it was trained on in its metadata; got '${path}', of '${String(dataset)}'.`)
}

/** The SDE whose flow is solved, and the earliest time that the network was trained on: of a chain its continuous limit. */
function sdeOf(stored: StoredSde): { readonly sde: Sde; readonly least: number } {
  if (stored.kind === 'vpSde') return { sde: vpSde(stored), least: 1e-5 }
  return { sde: discreteDdpm(stored).continuous, least: 1 / stored.steps }
}

const mean = (values: ArrayLike<number>): number => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length

const meansOf = ({ bits: { terms } }: MeasuredLikelihood): Record<string, number> => Object.fromEntries(Object.entries(terms).map(([name, values]) => [name, mean(values)]))

const meanings: Readonly<Record<string, string>> = {
  prior: 'of the flow\'s end under N(0, I)',
  scaling: "what the SDE's own drift adds, D ln(α(T)/α(t))",
  divergence: 'what the score adds along the flow',
  transform: 'from the pixels\' scale to bytes, log2 of 255/2',
}

/** The result, for people. */
function lines(measured: MeasuredLikelihood): string[] {
  const { bits, evaluations } = measured
  const number = (value: number) => value.toFixed(4).padStart(9)
  const probes = Math.sqrt(mean(bits.probeError.map((error) => error ** 2)) / bits.probeError.length)
  return [
    `bits per dimension ${number(bits.mean)} ± ${bits.standardError.toFixed(4)} (standard error over the images${Number.isNaN(probes) ? '' : `; of it the probes' ${probes.toFixed(5)}`})`,
    ...Object.entries(meansOf(measured)).map(([name, value]) => `  ${name.padEnd(17)}${number(value)}  ${meanings[name]}`),
    `${Math.round(evaluations)} evaluations of the network for an image, each with a backward pass`,
  ]
}
