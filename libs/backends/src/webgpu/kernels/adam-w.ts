import { util, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { provideKernel } from '../../kernel-override'
import { rowsOfWorkgroups, runShader, type Shader } from './shader'

const workgroupSize = 256
/** Numbers whose squares one workgroup adds. */
const numbersPerBlock = 16 * workgroupSize

/** Sums of squares by blocks, or of sums by one workgroup, whose root is the norm; in an order that depends on the length alone. */
const normShader = (stage: 'squares' | 'root'): Shader => ({
  name: 'GradientNorm',
  key: stage,
  outputs: ['result'],
  inputs: ['x'],
  uniforms: ['size', 'perWorkgroup', 'row'],
  workgroupSize,
  source: () => `
var<workgroup> partial: array<f32, ${workgroupSize}>;
fn compute(workgroup: vec3<u32>, local: u32) {
  let block = workgroup.y * uniforms.row + workgroup.x;
  let end = min(uniforms.size, (block + 1u) * uniforms.perWorkgroup);
  var sum = 0.0;
  for (var i = block * uniforms.perWorkgroup + local; i < end; i += ${workgroupSize}u) { sum += ${stage === 'squares' ? 'x[i] * x[i]' : 'x[i]'}; }
  partial[local] = sum;
  workgroupBarrier();
  for (var half = ${workgroupSize / 2}u; half > 0u; half /= 2u) {
    if (local < half) { partial[local] += partial[local + half]; }
    workgroupBarrier();
  }
  if (local == 0u && block < arrayLength(&result)) { result[block] = ${stage === 'squares' ? 'partial[0]' : 'sqrt(partial[0])'}; }
}`,
})

/** Both moments. Two shaders rather than one, as not every device lets a shader bind more than eight arrays. */
const momentsShader: Shader = {
  name: 'AdamWMoments',
  key: '',
  outputs: ['newFirst', 'newSecond'],
  inputs: ['gradient', 'norm', 'first', 'second'],
  uniforms: ['size', 'row', 'clipNorm: f32', 'keepFirst: f32', 'takeFirst: f32', 'keepSecond: f32', 'takeSecond: f32'],
  workgroupSize,
  source: () => `
fn compute(workgroup: vec3<u32>, local: u32) {
  let i = (workgroup.y * uniforms.row + workgroup.x) * ${workgroupSize}u + local;
  if (i >= uniforms.size) { return; }
  var g = gradient[i];
  if (norm[0] > uniforms.clipNorm) { g *= uniforms.clipNorm / norm[0]; }
  newFirst[i] = first[i] * uniforms.keepFirst + g * uniforms.takeFirst;
  newSecond[i] = second[i] * uniforms.keepSecond + (g * g) * uniforms.takeSecond;
}`,
}

const parametersShader: Shader = {
  name: 'AdamWParameters',
  key: '',
  outputs: ['newParameters', 'newAverage'],
  inputs: ['parameters', 'average', 'first', 'second', 'rates'],
  uniforms: ['size', 'row', 'epsilon: f32', 'weightDecay: f32'],
  workgroupSize,
  source: () => `
fn compute(workgroup: vec3<u32>, local: u32) {
  let i = (workgroup.y * uniforms.row + workgroup.x) * ${workgroupSize}u + local;
  if (i >= uniforms.size) { return; }
  let p = parameters[i];
  let step = (first[i] * rates[1]) / (sqrt(second[i] * rates[2]) + uniforms.epsilon);
  let moved = p - (step + p * uniforms.weightDecay) * rates[0];
  newParameters[i] = moved;
  newAverage[i] = moved + rates[3] * (average[i] - moved);
}`,
}

type Inputs = Readonly<Record<'parameters' | 'average' | 'first' | 'second' | 'gradient' | 'rates', TensorInfo>>
type Attributes = Readonly<Record<'beta1' | 'beta2' | 'epsilon' | 'weightDecay' | 'clipNorm', number>>

/** Larger than any norm, so that it clips nothing: a shader may take it that there is no infinity. */
const largest = 3e38

const adamWStep: KernelFunc = ({ inputs, backend: active, attrs }) => {
  const backend = active as WebGPUBackend
  const { parameters, average, first, second, gradient, rates } = inputs as unknown as Inputs
  const { beta1, beta2, epsilon, weightDecay, clipNorm } = attrs as unknown as Attributes
  const size = util.sizeFromShape(gradient.shape)
  const norm = normOf(backend, gradient, size)
  const { workgroups, row } = rowsOfWorkgroups(Math.ceil(size / workgroupSize))
  const shape = parameters.shape
  const [newFirst, newSecond] = runShader(backend, momentsShader, {
    outputs: [shape, shape], inputs: [gradient, norm, first, second], workgroups,
    uniforms: [size, row, Math.min(clipNorm, largest), beta1, 1 - beta1, beta2, 1 - beta2],
  })
  const [newParameters, newAverage] = runShader(backend, parametersShader, {
    outputs: [shape, shape], inputs: [parameters, average, newFirst, newSecond, rates], workgroups, uniforms: [size, row, epsilon, weightDecay],
  })
  return [newParameters, newAverage, newFirst, newSecond, norm]
}

function normOf(backend: WebGPUBackend, x: TensorInfo, size: number): TensorInfo {
  const blocks = Math.ceil(size / numbersPerBlock)
  const { workgroups, row } = rowsOfWorkgroups(blocks)
  const [squares] = runShader(backend, normShader('squares'), { outputs: [[blocks]], inputs: [x], uniforms: [size, numbersPerBlock, row], workgroups })
  const [norm] = runShader(backend, normShader('root'), { outputs: [[]], inputs: [squares], uniforms: [blocks, blocks, 1], workgroups: [1] })
  backend.disposeData(squares.dataId)
  return norm
}

/** `sbgm.AdamWStep`, as `@sbgm/training` asks for it: the norm in two dispatches, moments, and parameters with their average. */
export const installAdamW = (): (() => void) => provideKernel({ kernelName: 'sbgm.AdamWStep', backendName: 'webgpu', kernelFunc: adamWStep })
