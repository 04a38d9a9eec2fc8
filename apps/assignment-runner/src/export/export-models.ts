import { onnxModel, type ForwardFunction } from '@sbgm/onnx'
import { logSoftmax, type Tensor1D } from '@tensorflow/tfjs-core'
import fs from 'node:fs'
import { join } from 'node:path'
import { atomicWrite } from '../atomic-write'
import { commandName } from '../command-name'
import { RunError, UsageError } from '../errors'
import { exitCode } from '../exit-code'
import type { TextStream } from '../progress'
import type { Versions } from '../versions'
import { modelParts, type ExportOptions, type ModelPart } from './export-options'
import { noiseLevel, scoreOf } from './noise-level'
import { hasNetwork, networkPath, readStoredNetwork, type RunNetwork } from './run-network'

/**
 * `sbgm-assignment export`: writes networks of a run as ONNX files, and a line for each.
 *
 * @returns the exit code
 * @throws {RunError} where a network is not there or damaged, or a file cannot be written; {UsageError} where one file is named for
 * several networks.
 */
export async function exportModels({ out, parts, to }: ExportOptions, { program }: Versions, { stdout }: { readonly stdout: TextStream }): Promise<number> {
  if (to !== undefined && fs.statSync(to, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw new RunError(`--to must name a file; '${to}' is a folder. Name a file in it, such as ${join(to, 'score-model.onnx')}.`)
  }
  const wanted = parts ?? present(out)
  if (to !== undefined && wanted.length > 1) {
    throw new UsageError(`--to names one file; parts ${wanted.join(' and ')} have a network in '${out}'. Name one with --parts.`)
  }
  const networks = wanted.map((part) => ({ part, left: readStoredNetwork(out, part) })) // all of them, before any file is written
  for (const { part, left } of networks) {
    const path = to ?? join(out, networkPath(part).replace(/safetensors$/, 'onnx'))
    const bytes = await modelBytes(part, left, program)
    atomicWrite(path, bytes, path)
    stdout.write(`part ${part}: ${path}, ${(bytes.length / 1e6).toFixed(1)} MB, from ${networkPath(part)}\n`)
  }
  return exitCode.ok
}

/** The parts that have left a network. */
function present(out: string): readonly ModelPart[] {
  const found = modelParts.filter((part) => hasNetwork(out, part))
  if (found.length > 0) return found
  throw new RunError(`a run must have trained a network before it is exported; there is neither ${modelParts.map(networkPath).join(' nor ')} in '${out}'. ` +
    `Name the run's folder with --out, or run ${commandName} --parts ${modelParts.join(',')} --out ${out}.`)
}

/** The network as an ONNX model that takes any number of images. */
function modelBytes(part: ModelPart, left: RunNetwork, { name, version }: Versions['program']): Promise<Uint8Array> {
  const { size, weights, metadata, sha256 } = left.stored
  const { forward, what, says } = exportedForward(left)
  return onnxModel(forward, weights, {
    inputs: { x: { shape: ['batch', ...size] }, t: { shape: ['batch'] } },
    name: `part${part}`,
    producer: name,
    producerVersion: version,
    description: `${what} of part ${part}, trained on ${metadata['dataset'] ?? 'images'}. ` +
      'x: images (batch, height, width, channels), pixels in [-1, 1], with the noise of time t: x_t = alpha(t) x_0 + sigma(t) noise. t: their times, (batch,), in (0, 1]. ' +
      `${says} The metadata say which SDE it is, how the network is built and how it was trained.`,
    metadata: { ...metadata, part: String(part), weightsSha256: sha256 },
  })
}

/** What the file computes, and that in words. */
function exportedForward(left: RunNetwork): { readonly forward: ForwardFunction, readonly what: string, readonly says: string } {
  if (left.kind === 'classifier') {
    const { network, metadata } = left.stored
    return {
      what: 'The classifier of noisy images',
      says: `logits: unnormalised log-probabilities of the classes, (batch, classes). logProbabilities: log p_t(class | x), of the same shape. The classes: ${metadata['classes'] ?? 'by number'}.`,
      forward(params, { x, t }) {
        const logits = network.apply(params, x, t as Tensor1D)
        return { logits, logProbabilities: logSoftmax(logits) }
      },
    }
  }
  const { network, metadata } = left.stored
  const level = noiseLevel(JSON.parse(metadata['sde'] ?? '{}') as Record<string, unknown>)
  return {
    what: 'The score network',
    says: `noise: what the network takes for the noise, of the shape of x.${level ? ' score: -noise/sigma(t), the gradient of log p_t(x).' : ''}`,
    forward(params, { x, t }) {
      const noise = network.apply(params, x, t as Tensor1D)
      return { noise, ...(level ? { score: scoreOf(noise, level(t as Tensor1D)) } : {}) }
    },
  }
}
