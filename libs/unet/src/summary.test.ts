import '@tensorflow/tfjs-backend-cpu'
import { setBackend } from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { noisyClassifier } from './noisy-classifier'
import { parameterCount } from './summary'
import { unet } from './unet'

beforeAll(() => setBackend('cpu'))

const network = unet({ height: 4, width: 8, predicts: 'noise', baseWidth: 2, multipliers: [1, 2], groups: 1, timeFeatures: 6, classes: 3 })
const layerOf = (name: string) => {
  const layer = network.layers.find((candidate) => candidate.name === name)
  if (layer === undefined) throw new Error(`no layer ${name}`)
  return { output: layer.output, parameters: parameterCount(layer), multiplyAdds: layer.multiplyAdds }
}

describe('the summary', () => {
  it.each([
    ['time.0', [8], 6 * 8 + 8, 6 * 8],
    ['label', [8], 3 * 8, 3 * 8],
    ['input', [4, 8, 2], 9 * 2 + 2, 32 * 9 * 2],
    ['down.0.block.0.norm1', [4, 8, 2], 4, 0],
    ['down.0.block.0.conv1', [4, 8, 2], 9 * 4, 32 * 9 * 4],
    ['down.0.block.0.time', [2], 8 * 2 + 2, 8 * 2],
    ['down.0.downsample', [2, 4, 2], 9 * 4 + 2, 8 * 9 * 4],
    ['down.1.block.0.skip', [2, 4, 4], 2 * 4, 8 * 2 * 4],
    ['middle.attention.query', [8, 4], 4 * 4 + 4, 8 * 4 * 4],
    ['middle.attention.weights', [8, 8], 0, 8 * 8 * 4],
    ['middle.attention.values', [8, 4], 0, 8 * 8 * 4],
    ['up.1.upsample', [4, 8, 2], 9 * 4 * 2 + 2, 32 * 9 * 4 * 2],
    ['up.0.block.0.joined.conv1', [4, 8, 2], 9 * 4, 32 * 9 * 4],
    ['output.conv', [4, 8, 1], 9 * 2 + 1, 32 * 9 * 2],
  ])('has the shape, parameters and multiply-adds of %s as counted by hand', (name, output, parameters, multiplyAdds) => {
    expect(layerOf(name)).toEqual({ output, parameters, multiplyAdds })
  })

  it.each([
    ['a UNet', network],
    ['a classifier', noisyClassifier({ height: 4, width: 4, classes: 4, baseWidth: 8 })],
  ])('counts the parameters that %s has', (_, { init, layers }) => {
    const inMap = Object.values(init(0)).reduce((total, { size }) => total + size, 0)
    expect(layers.reduce((total, layer) => total + parameterCount(layer), 0)).toBe(inMap)
  })

  it('is a table of all layers with their totals', () => {
    const lines = network.summary().split('\n')
    expect(lines).toHaveLength(network.layers.length + 4)
    expect(lines[0].trim().split(/ {2,}/)).toEqual(['layer', 'operation', 'output', 'parameters', 'multiply-adds'])
    expect(lines.find((line) => line.startsWith('down.0.downsample'))?.split(/ {2,}/)).toEqual(['down.0.downsample', 'conv 3×3 / 2', '2 × 4 × 2', '38', '288'])
    const total = (of: (layer: (typeof network.layers)[number]) => number) => network.layers.reduce((sum, layer) => sum + of(layer), 0).toLocaleString('en-US')
    expect(lines[lines.length - 1].split(/ {2,}/)).toEqual(['total', total(parameterCount), total(({ multiplyAdds }) => multiplyAdds)])
  })
})
