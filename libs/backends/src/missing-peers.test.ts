import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourcesProject, type SourcesProject } from '../sources-project'

let project: SourcesProject
beforeAll(() => void (project = sourcesProject()))
afterAll(() => project.remove())
const opening = (options: string, packages: readonly string[]) => project.opening(options, packages)

describe('in a project without the optional packages, openBackend', () => {
  it('names the missing package of the named engine, what to install, and starts no other', () => {
    expect(opening("{ engine: 'wasm', gradients: false }", ['tfjs-core', 'tfjs-backend-cpu'])).toBe(
      "BackendUnavailableError: Engine 'wasm' needs the package @tensorflow/tfjs-backend-wasm, which is not installed. " +
        "Install @tensorflow/tfjs-backend-wasm@4.22.0, or choose engine 'cpu' (slow; for tests of mathematics).",
    )
  })

  it.each([[['tfjs-core'], '@tensorflow/tfjs-backend-webgpu'], [['tfjs-core', 'tfjs-backend-cpu', 'tfjs-backend-webgpu'], 'webgpu']])(
    'with %j names the package of webgpu that is missing, and both that it takes',
    (packages, missing) => {
      expect(opening("{ engine: 'webgpu', gradients: false }", packages)).toMatch(
        new RegExp(`^BackendUnavailableError: Engine 'webgpu' needs the package ${missing}, which is not installed\\. Install .*webgpu@0\\.6`),
      )
    },
  )

  it("picks cpu for 'auto' where webgpu and wasm are missing, and says why", () => {
    expect(opening('{ gradients: false }', ['tfjs-core', 'tfjs-backend-cpu'])).toBe(
      'cpu (tfjs backend cpu 4.22.0; no simd, 1 thread; without gradients): ' +
        "Engine 'webgpu' needs the package @tensorflow/tfjs-backend-webgpu, which is not installed. " +
        "Engine 'wasm' needs the package @tensorflow/tfjs-backend-wasm, which is not installed. " +
        'cpu is the fastest engine of this version that can be opened here.',
    )
  })

  it("says for 'auto' what each engine lacks where there is none", () => {
    const line = opening('{ gradients: false }', ['tfjs-core'])
    expect(line).toMatch(/^BackendUnavailableError: No engine can be opened here\..*tfjs-backend-webgpu,.*tfjs-backend-wasm,.*tfjs-backend-cpu,.*Install/)
  })

  it('names the package that gradients need, and the way to go without', () => {
    expect(opening("{ engine: 'cpu' }", ['tfjs-core', 'tfjs-backend-cpu'])).toBe(
      "BackendUnavailableError: Engine 'cpu' needs the package @tensorflow/tfjs-layers, which is not installed. " +
        'Install @tensorflow/tfjs-layers@4.22.0 (it registers the gradients), or pass gradients: false to sample only.',
    )
  })
})
