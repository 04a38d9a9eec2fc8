import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sourcesProject, type SourcesProject } from '../../sources-project'

/*
 * tfjs-node and tfjs-node-gpu download TensorFlow when they are installed, and want old CUDA: here a stand-in takes their place, which registers a
 * backend under their name as they do, and calls util as they do.
 */
const standIn = (isUsingGpuDevice: boolean) => `
  const util = require('util')
  const { MathBackendCPU } = require('@tensorflow/tfjs-backend-cpu')
  const tf = require('@tensorflow/tfjs-core')
  class NodeJSKernelBackend extends MathBackendCPU {
    isUsingGpuDevice = ${isUsingGpuDevice}
    binding = { TF_Version: '2.9.1' }
    write(values, shape, dtype) { return util.isNullOrUndefined(values) || util.isArray(values) ? super.write(values, shape, dtype) : super.write(values, shape, dtype) }
  }
  tf.copyRegisteredKernels('cpu', 'tensorflow')
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(), 3)
  exports.version = { 'tfjs-node': '4.22.0' }`
const packages = ['tfjs-core', 'tfjs-backend-cpu']
/** What an open engine is good for, and what is left of it when it is closed. */
const use = `const tf = require('@tensorflow/tfjs-core')
  tf.env().set('IS_TEST', true)
  console.log(tf.getBackend(), Array.from(await tf.add(1, tf.tensor1d([2, 3])).data()).join())
  await b.close()
  console.log('tensorflow' in tf.engine().registry)`

let project: SourcesProject
beforeAll(() => void (project = sourcesProject()))
afterAll(() => project.remove())

describe.each([['node', 'tfjs-node', false], ['node-gpu', 'tfjs-node-gpu', true]] as const)('the engine %s, with a stand-in for its package,', (engine, name, gpu) => {
  it('is opened by name, says which TensorFlow it is and whether it is on a card, computes, and is freed', () => {
    expect(project.opening(`{ engine: '${engine}', gradients: false }`, packages, { [name]: standIn(gpu) }, use).split('\n')).toEqual([
      `${engine} (tfjs backend tensorflow 4.22.0; TensorFlow 2.9.1, ${gpu ? '' : 'no '}gpu; without gradients): asked for by name.`, 'tensorflow 3,4', 'false',
    ])
  })

  it('is refused where the package is not installed, or its library does not load, with the reason and what to do', () => {
    const open = (standIns?: Record<string, string>) => project.opening(`{ engine: '${engine}', gradients: false }`, packages, standIns)
    const remedy = `Install @tensorflow/${name}@4\\.22\\.0 with its install script`
    expect(open()).toMatch(new RegExp(`^BackendUnavailableError: Engine '${engine}' needs the package @tensorflow/${name}, which is not installed\\. ${remedy}`))
    const broken = "throw new Error('libcudart.so.11.0: cannot open shared object file')"
    expect(open({ [name]: broken })).toMatch(new RegExp(`which failed to load: libcudart\\.so\\.11\\.0: cannot open shared object file\\. ${remedy}`))
  })

  it('is not what auto takes, even where it is installed', () => {
    expect(project.opening('{ gradients: false }', packages, { [name]: standIn(gpu) })).toMatch(/^cpu /)
  })
})

it('node-gpu is refused where TensorFlow found no card, and the backend before is active again', () => {
  const line = project.opening("{ engine: 'node-gpu', gradients: false }", packages, { 'tfjs-node-gpu': standIn(false) })
  expect(line).toMatch(/^BackendUnavailableError: Engine 'node-gpu' loaded @tensorflow\/tfjs-node-gpu, but TensorFlow found no card that it can use.*CUDA 11\.2 with cuDNN 8\.1; or choose engine 'webgpu'/)
})
