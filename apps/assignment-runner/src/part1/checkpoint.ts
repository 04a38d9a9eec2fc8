import { decodeSafetensors, encodeSafetensors, parametersFromHost, parametersToHost } from '@sbgm/training'
import { dispose } from '@tensorflow/tfjs-core'
import type { OutputFolder } from '../output-folder'
import type { Part1Settings } from './settings'
import { scoreNetwork, type ScoreNetwork } from './train-score'

const weightsFile = 'score-network.safetensors'
const lossFile = 'training-loss.json'

/** Writes the averaged weights, with what is needed to use them, and the course of the loss. */
export async function saveScoreNetwork(folder: OutputFolder, settings: Part1Settings, { params, losses }: ScoreNetwork): Promise<void> {
  const metadata = { network: JSON.stringify({ kind: 'scoreMlp', dim: 1, predicts: 'v', ...settings.network }), weights: 'exponential moving average' }
  folder.write(lossFile, JSON.stringify(Array.from(losses)))
  folder.write(weightsFile, encodeSafetensors({ tensors: await parametersToHost(params), metadata }))
}

/** What an earlier run trained, if its files are whole; owned by the caller. */
export function loadScoreNetwork(folder: OutputFolder, settings: Part1Settings): ScoreNetwork | undefined {
  if (!folder.has(weightsFile) || !folder.has(lossFile)) return undefined
  const network = scoreNetwork(settings)
  const like = network.init(0)
  try {
    const params = parametersFromHost(decodeSafetensors(folder.read(weightsFile)).tensors, like)
    const losses = Float64Array.from(JSON.parse(new TextDecoder().decode(folder.read(lossFile))) as number[])
    return { network, params, losses }
  } finally {
    dispose(like as Record<string, never>)
  }
}
