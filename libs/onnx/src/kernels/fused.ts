import { TraceError } from '../errors'
import type { Value } from '../trace/graph'
import { attribute, type Attributes, type Call, type ComposedKernel, type Kernel } from './kernel'

/** The kernel of each activation that TensorFlow.js fuses. */
const activationKernels: Readonly<Record<string, string>> = {
  relu: 'Relu', relu6: 'Relu6', elu: 'Elu', sigmoid: 'Sigmoid', prelu: 'Prelu', leakyrelu: 'LeakyRelu',
}

function activated(x: Value, name: string, weights: Value | undefined, attributes: Attributes, call: Call): Value {
  if (name === 'linear') return x
  const kernel = activationKernels[name]
  if (kernel === undefined) {
    throw new TraceError(`A traced activation must be one of linear, ${Object.keys(activationKernels).join(', ')}; got ${name}. Apply it as an op of its own.`)
  }
  return call(kernel, name === 'prelu' ? [x, weights] : [x], name === 'leakyrelu' ? { alpha: attribute<number | undefined>(attributes, 'leakyreluAlpha') ?? 0.2 } : {})[0]
}

/** A product followed by a bias and an activation. */
const fused = (name: string, product: string, operands: readonly [string, string]): ComposedKernel => ({
  name,
  inputs: [...operands, 'bias?', 'preluActivationWeights?'],
  compose: ([a, b, bias, weights], attributes, call) => {
    const [plain] = call(product, [a, b], attributes)
    const [shifted] = bias ? call('Add', [plain, bias]) : [plain]
    return [activated(shifted, attribute<string | undefined>(attributes, 'activation') ?? 'linear', weights, attributes, call)]
  },
})

/** Kernels that are several others in one. */
export const fusedKernels: readonly Kernel[] = [
  fused('_FusedMatMul', 'BatchMatMul', ['a', 'b']),
  fused('FusedConv2D', 'Conv2D', ['x', 'filter']),
  fused('FusedDepthwiseConv2D', 'DepthwiseConv2dNative', ['x', 'filter']),
  {
    name: 'FusedBatchNorm',
    inputs: ['x', 'mean', 'variance', 'scale?', 'offset?'],
    compose: ([x, mean, variance, scale, offset], attributes, call) => {
      const epsilon: Value = { shape: [], type: 'float32', origin: { kind: 'constant', data: Float32Array.of(attribute<number | undefined>(attributes, 'varianceEpsilon') ?? 0.001) } }
      const [deviation] = call('Sub', [x, mean])
      const [factor] = call('Rsqrt', call('Add', [variance, epsilon]))
      const [scaled] = call('Multiply', [deviation, scale ? call('Multiply', [factor, scale])[0] : factor])
      return offset ? call('Add', [scaled, offset]) : [scaled]
    },
  },
]
