import { expect, it } from 'vitest'
import { nearestName } from './nearest-name'

it('the nearest name needs the fewest edits, and case counts for nothing', () => {
  expect(nearestName('wsam', ['wasm', 'webgpu', 'cpu'])).toBe('wasm')
  expect(nearestName('WebGPU', ['node-gpu', 'webgpu'])).toBe('webgpu')
})

it('a name that begins as given is taken before one that needs fewer edits', () => {
  expect(nearestName('fashion', ['auto', 'fashion-mnist'])).toBe('fashion-mnist')
  expect(nearestName('node', ['none', 'node-gpu'])).toBe('node-gpu')
})

it('a name that holds the given one is taken before one that needs fewer edits', () => {
  expect(nearestName('gpu', ['cpu', 'webgpu', 'node-gpu'])).toBe('webgpu')
})
