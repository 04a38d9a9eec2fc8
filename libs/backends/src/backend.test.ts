import { expect, it } from 'vitest'
import { describeBackend } from './backend'

it('describeBackend says engine, version, facts, gradients and reason in one line', () => {
  const line = describeBackend({
    engine: 'wasm', backend: 'wasm', version: '4.22.0', gradients: false, reason: 'asked for by name.',
    details: { simd: true, threads: 1, fp16: false, adapter: 'none' },
  })
  expect(line).toBe('wasm (tfjs backend wasm 4.22.0; simd, 1 thread, no fp16, adapter none; without gradients): asked for by name.')
})

it('describeBackend counts threads in the plural', () => {
  const report = { engine: 'wasm', backend: 'wasm', version: '1', gradients: true, reason: '', details: { threads: 4 } } as const
  expect(describeBackend(report)).toContain('4 threads; with gradients')
})
