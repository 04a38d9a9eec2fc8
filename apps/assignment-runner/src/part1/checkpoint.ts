import { decodeSafetensors, encodeSafetensors, parametersFromHost, parametersToHost } from '@sbgm/training'
import { dispose } from '@tensorflow/tfjs-core'
import { RunError } from '../errors'
import type { OutputFolder } from '../output-folder'
import { betaMax, betaMin } from './problem'
import type { Part1Settings } from './settings'
import { scoreNetwork, tMin, type ScoreNetwork } from './train-score'

const weightsFile = 'score-network.safetensors'
const lossFile = 'training-loss.json'

/** What is needed to use the weights: the network's construction, the SDE, and the earliest time it may be asked at. */
const metadataOf = (settings: Part1Settings): Record<string, string> => ({
  network: JSON.stringify({ kind: 'scoreMlp', dim: 1, predicts: 'v', ...settings.network }),
  sde: JSON.stringify({ kind: 'vpSde', betaMin, betaMax }),
  tMin: String(tMin),
  weights: 'exponential moving average',
})

/** Writes the averaged weights, with what is needed to use them, and the course of the loss. */
export async function saveScoreNetwork(folder: OutputFolder, settings: Part1Settings, { params, losses }: ScoreNetwork): Promise<void> {
  folder.write(lossFile, JSON.stringify(Array.from(losses)))
  folder.write(weightsFile, encodeSafetensors({ tensors: await parametersToHost(params), metadata: metadataOf(settings) }))
}

/** What an earlier run trained, if its files are whole; owned by the caller. */
export function loadScoreNetwork(folder: OutputFolder, settings: Part1Settings): ScoreNetwork | undefined {
  if (!folder.has(weightsFile) || !folder.has(lossFile)) return undefined
  const network = scoreNetwork(settings)
  const like = network.init(0)
  try {
    const { tensors, metadata } = decodeSafetensors(folder.read(weightsFile))
    for (const [name, value] of Object.entries(metadataOf(settings))) {
      if (metadata[name] !== value) throw new RunError(`${weightsFile} must have ${name} ${value}; it has ${metadata[name]}. Drop --resume.`)
    }
    const params = parametersFromHost(tensors, like)
    const losses = Float64Array.from(JSON.parse(new TextDecoder().decode(folder.read(lossFile))) as number[])
    return { network, params, losses }
  } finally {
    dispose(like)
  }
}
