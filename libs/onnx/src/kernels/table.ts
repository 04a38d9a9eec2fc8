import { TraceError } from '../errors'
import { activations } from './activations'
import { arithmetic } from './arithmetic'
import { blockRearrangement } from './block-rearrangement'
import { comparisons } from './comparisons'
import { convolutions } from './convolutions'
import { depthwiseConvolutions } from './depthwise-convolutions'
import { einsum } from './einsum'
import { filling } from './filling'
import { fusedKernels } from './fused'
import { gathering } from './gathering'
import type { Kernel, PrimitiveKernel } from './kernel'
import { matrixProducts } from './matrix-products'
import { movement } from './movement'
import { pooling } from './pooling'
import { reductions } from './reductions'
import { repetition } from './repetition'
import { resizing } from './resizing'
import { scans } from './scans'
import { scattering } from './scattering'
import { slicing } from './slicing'
import { softmax } from './softmax'
import { unaryKernels } from './unary'

/** Every kernel that can be traced. */
export const kernels: readonly Kernel[] = [
  ...arithmetic, ...unaryKernels, ...activations, ...comparisons, ...reductions, ...scans, ...filling,
  ...movement, ...slicing, ...repetition, ...blockRearrangement, ...gathering, ...scattering,
  ...matrixProducts, einsum, softmax, ...convolutions, ...depthwiseConvolutions, ...fusedKernels, ...pooling, ...resizing,
]

const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]))

/** The kernel of a name. */
export function kernelNamed(name: string): Kernel {
  const kernel = byName.get(name)
  if (kernel === undefined) throw new TraceError(unsupported(name))
  return kernel
}

/** The kernel of a recorded operation: those that are composed of others are not recorded. */
export function primitiveNamed(name: string): PrimitiveKernel {
  const kernel = kernelNamed(name)
  if ('lower' in kernel) return kernel
  throw new Error(`Only kernels with a lowering are recorded; got ${name}.`)
}

/** What to say of a kernel that is not in the table. */
export const unsupported = (name: string): string =>
  `@sbgm/onnx must know every kernel of a traced function; it does not know ${name}. Write that step with other ops, or run the function eagerly (engine: 'eager').`
