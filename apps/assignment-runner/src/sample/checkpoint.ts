import fs from 'node:fs'
import { oneLine, RunError } from '../errors'
import { decodeScoreNetwork, type StoredNetwork } from '../images/stored-network'
import { storedSde, type StoredSde } from '../images/stored-sde'

/** A score network's file, with the SDE that it was trained for. */
export interface Checkpoint extends StoredNetwork {
  /** The SDE that its metadata name. */
  readonly sde: StoredSde
}

/**
 * Reads the file that `--checkpoint` names.
 *
 * @throws {RunError} where it cannot be read, or is not what part 2 or 3 of a run writes.
 */
export function readCheckpoint(path: string): Checkpoint {
  const refuse = (why: string, cause?: unknown) =>
    new RunError(`--checkpoint must be the score-model.safetensors of part 2 or 3 of a run; got '${path}': ${why}.`, { cause })
  let bytes: Uint8Array
  try {
    bytes = fs.readFileSync(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : oneLine(error)
    throw refuse({ ENOENT: 'there is no such file', EISDIR: 'that is a folder', EACCES: 'it may not be read' }[code] ?? code, error)
  }
  let network: StoredNetwork
  try {
    network = decodeScoreNetwork(bytes)
  } catch (error) {
    throw refuse(oneLine(error).replace(/\.$/, ''), error)
  }
  const sde = storedSde(recordIn(network.metadata['sde']))
  if (sde === undefined) throw refuse('its metadata must name an SDE that this program knows, vpSde or discreteDdpm')
  return { ...network, sde }
}

function recordIn(text = '{}'): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
  } catch {
    return {}
  }
}
