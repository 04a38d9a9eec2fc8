import { BackendUnavailableError, type Backend, type OpenBackendOptions } from '@sbgm/backends'
import { describe, expect, it } from 'vitest'
import { runAssignment } from '../run-assignment'
import { softwareAdapterOnly, standInHost } from '../stand-in-host'
import { readVersions } from '../versions'
import { doctor } from './doctor'

const checks = [
  { name: 'Vulkan loader', ok: true, found: 'libvulkan.so.1 lies in /usr/lib.' },
  { name: 'Vulkan driver', ok: false, found: 'No driver is registered.', remedy: 'Install one.' },
]

describe('doctor', () => {
  it('says which engines there are, with what of them computes, and why the others are not and what to do', async () => {
    const host = standInHost([])
    expect(await doctor(readVersions(), host, checks)).toBe(0)
    const text = host.said.stdout()
    expect(text).toMatch(/^sbgm-assignment \S+, Node \S+, .* cores, .* GiB\n\nEngines\n/)
    expect(text).toContain('  no  onnx           This test has no onnxruntime-node.\n')
    expect(text).toContain("  no  webgpu         Engine 'webgpu' is not there.\n                     Choose 'cpu'.\n")
    expect(text).toContain('  ok  cpu            tfjs backend cpu 4.22.0; threads 1\n')
  })

  it('says what a GPU needs of this machine, and what a run would use and why', async () => {
    const host = standInHost([], { env: { VK_ICD_FILENAMES: '/opt/icd.json' } })
    await doctor(readVersions(), host, checks)
    const text = host.said.stdout()
    expect(text).toContain('What a GPU needs here\n  ok  Vulkan loader  libvulkan.so.1 lies in /usr/lib.\n  no  Vulkan driver  No driver is registered.\n                     Install one.\n')
    expect(text).toContain('Environment\n  VK_ICD_FILENAMES=/opt/icd.json\n')
    expect(text).toMatch(/A run would use\n {2}cpu \(tfjs backend cpu 4\.22\.0; 1 thread; with gradients\): .*\n {2}profile quick, unless --profile names another\n$/)
    expect(host.engine.opened()).toBe(host.engine.closed())
  })

  it("says of onnxruntime's engine on a GPU which adapter there is, or why it cannot be had", async () => {
    const base = standInHost([])
    const lineWith = async (overrides: Partial<typeof base>) => {
      const host = standInHost([], overrides)
      await doctor(readVersions(), host, [])
      return /^ {2}(?:ok|no) {2}onnx-webgpu +(.*)$/m.exec(host.said.stdout())?.[1]
    }
    const found = (...devices: ('cpu' | 'webgpu')[]) => () => Promise.resolve({ version: '1.30.0', devices })
    const adapter = { vendor: 'acme', architecture: 'x1', device: '', description: '', software: true, limits: {} }
    const openBackend = async (options: OpenBackendOptions = {}): Promise<Backend> => {
      if (options.engine !== 'webgpu') return base.openBackend(options)
      if (openings++ > 1) throw new BackendUnavailableError({ engine: 'webgpu', reason: 'Taken.', remedy: 'Wait.' }) // no trial
      return { ...(await base.openBackend({ engine: 'cpu' })), adapter }
    }
    let openings = 0
    expect(await lineWith({ findOnnxRuntime: found('cpu', 'webgpu'), openBackend })).toBe('onnxruntime-node 1.30.0 by its own WebGPU engine, on acme x1')
    expect(await lineWith({ findOnnxRuntime: found('cpu') })).toBe('onnxruntime-node 1.30.0 has no WebGPU engine for this system.')
    expect(await lineWith({ findOnnxRuntime: found('cpu', 'webgpu') })).toBe('It computes on the card that webgpu opens: what is missing stands there.')
    expect(await lineWith({})).toBe('This test has no onnxruntime-node.')
  })

  it('shows a GPU with its limits', async () => {
    const adapter = { vendor: 'acme', architecture: 'x1', device: '', description: '', software: true, limits: { maxBufferSize: 1024 } }
    const base = standInHost([])
    const openBackend = async (options: OpenBackendOptions = {}): Promise<Backend> =>
      options.engine === 'node' ? { ...(await base.openBackend({ engine: 'cpu' })), adapter } : base.openBackend(options)
    const host = standInHost([], { openBackend })
    await doctor(readVersions(), host, [])
    expect(host.said.stdout()).toContain('  ok  node           tfjs backend cpu 4.22.0; acme x1\n                     maxBufferSize 1024\n')
    expect(host.said.stdout()).not.toContain('What a GPU needs here')
  })

  it('says of a software adapter how the command line takes it, not how the library does', async () => {
    const host = standInHost([], { openBackend: softwareAdapterOnly() })
    expect(await doctor(readVersions(), host, [])).toBe(0)
    const text = host.said.stdout()
    expect(text).toContain('  no  webgpu         Only a software adapter.\n                     Install the driver of a card, or give a run --engine webgpu --allow-software-adapter to take it all the same.\n')
    expect(text).not.toContain('allowSoftwareAdapter')
  })

  it('ends with exit code 1 where no engine can be had at all, with what is there still said', async () => {
    const host = standInHost([], { openBackend: ({ engine = 'auto' } = {}) => Promise.reject(new BackendUnavailableError({ engine, reason: 'Nothing.', remedy: 'Install wasm.' })) })
    expect(await runAssignment(['doctor'], host)).toBe(1)
    expect(host.said.stdout()).toContain('  no  wasm           Nothing.\n')
    expect(host.said.stderr()).toBe('error: Nothing. Install wasm.\n')
  })

  it('takes no other words', async () => {
    const host = standInHost([])
    expect(await runAssignment(['doctor', '--out', 'x'], host)).toBe(2)
    expect(host.said.stderr()).toContain('unknown option --out')
    expect(await runAssignment(['doctor', 'me'], host)).toBe(2)
    expect(host.said.stderr()).toContain("every word behind doctor must be an option or its value; got 'me'. See doctor --help.")
  })
})
