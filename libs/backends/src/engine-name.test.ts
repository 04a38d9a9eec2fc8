import { describe, expect, it } from 'vitest'
import { availableEngines, engineNames, parseEngineName } from './engine-name'

describe('parseEngineName', () => {
  it('gives every known name back', () => {
    expect(engineNames.map(parseEngineName)).toEqual([...engineNames])
    expect(engineNames).toEqual(expect.arrayContaining([...availableEngines]))
  })

  it.each([['wsam', 'wasm'], ['CPU', 'cpu'], ['web-gpu', 'webgpu'], ['gpu', 'webgpu'], ['nodegpu', 'node-gpu'], ['onxx', 'onnx']])(
    'refuses %j, lists the valid names and suggests %j',
    (given, suggested) => {
      expect(() => parseEngineName(given)).toThrow(RangeError)
      expect(() => parseEngineName(given)).toThrow(`one of ${engineNames.join(', ')}; got "${given}". Did you mean '${suggested}'?`)
    },
  )
})
