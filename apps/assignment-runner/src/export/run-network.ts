import type { NoisyClassifier } from '@sbgm/unet'
import fs from 'node:fs'
import { join } from 'node:path'
import { commandName } from '../command-name'
import { readEarlierRun } from '../earlier-run'
import { oneLine, RunError } from '../errors'
import { sha256Of } from '../file-record'
import { decodeClassifier, decodeScoreNetwork, type StoredNetwork } from '../images/stored-network'
import { scoreModelFile } from '../images/train-score-model'
import { classifierFile } from '../part4/classifier'
import type { ModelPart } from './export-options'

/** Where a part's network lies, relative to OUT. */
export const networkPath = (part: ModelPart): string => `part${part}/${part === 4 ? classifierFile : scoreModelFile}`

/** Whether a part of a run in OUT has left a network. */
export const hasNetwork = (out: string, part: ModelPart): boolean => fs.existsSync(join(out, networkPath(part)))

/** The network that a part left: a score's, or part 4's classifier. */
export type RunNetwork =
  | { readonly kind: 'score', readonly stored: StoredNetwork }
  | { readonly kind: 'classifier', readonly stored: StoredNetwork<NoisyClassifier> }

/**
 * The network of a part of a run.
 *
 * @throws {RunError} where there is none, saying how to make it, and where its file is not what the run wrote, damaged, or of
 * another kind of network.
 */
export function readStoredNetwork(out: string, part: ModelPart): RunNetwork {
  const path = networkPath(part)
  if (!hasNetwork(out, part)) {
    throw new RunError(`part ${part} must have trained its network before it is exported; there is no ${path} in '${out}'. ` +
      `Run ${commandName} --parts ${part} --out ${out} (with --resume where it was interrupted).`)
  }
  const refuse = (why: string, cause?: unknown) =>
    new RunError(`${path} in '${out}' must be a network as a run wrote it; ${why}. Run ${commandName} --parts ${part} --out ${out} again.`, { cause })
  const bytes = fs.readFileSync(join(out, path))
  const recorded = readEarlierRun(out)?.parts.flatMap(({ files }) => files).find((file) => file.path === path)
  if (recorded !== undefined && recorded.sha256 !== sha256Of(bytes)) throw refuse('it is not what the manifest records')
  try {
    return part === 4 ? { kind: 'classifier', stored: decodeClassifier(bytes) } : { kind: 'score', stored: decodeScoreNetwork(bytes) }
  } catch (error) {
    throw refuse(oneLine(error).replace(/\.$/, ''), error)
  }
}
