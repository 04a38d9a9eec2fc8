import { describe, expect, it } from 'vitest'
import { describeAdapter, reportAdapter } from './adapter-report'

const card = { vendor: 'nvidia', architecture: 'ampere', device: 'NVIDIA GeForce RTX 3060', description: 'NVIDIA: 550.54' }

describe('reportAdapter', () => {
  it('keeps what the adapter says of itself and the limits of computing', () => {
    const limits = { maxBufferSize: 4e9, maxComputeWorkgroupSizeX: 1024, maxTextureDimension1D: 16384 }
    expect(reportAdapter({ info: card, limits })).toEqual({ ...card, software: false, limits: { maxBufferSize: 4e9, maxComputeWorkgroupSizeX: 1024 } })
  })

  it('leaves blank what the adapter does not say', () => {
    expect(reportAdapter({ info: {}, limits: {} })).toEqual({ vendor: '', architecture: '', device: '', description: '', software: false, limits: {} })
  })

  it.each([
    { vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader driver 5.0.0' },
    { vendor: 'mesa', device: 'llvmpipe (LLVM 15.0.6, 256 bits)' },
    { vendor: 'microsoft', description: 'Microsoft Basic Render Driver' },
    { vendor: 'unknown', isFallbackAdapter: true },
  ])('tells that %j computes on the processor', (info) => {
    expect(reportAdapter({ info, limits: {} }).software).toBe(true)
  })
})

describe('describeAdapter', () => {
  const described = (info: object) => describeAdapter(reportAdapter({ info, limits: {} }))

  it('says vendor, family, name and driver, and leaves numbers of devices out', () => {
    expect(described(card)).toBe('nvidia ampere (NVIDIA GeForce RTX 3060; NVIDIA: 550.54)')
    expect(described({ ...card, device: '0x2504' })).toBe('nvidia ampere (NVIDIA: 550.54)')
    expect(described({ vendor: 'apple' })).toBe('apple')
    expect(described({})).toBe('unnamed')
  })
})
