import { TraceError } from '../errors'
import { arithmetic } from './arithmetic'
import { convolutions } from './convolutions'
import type { Kernel } from './kernel'
import { matrixProducts } from './matrix-products'
import { movement } from './movement'
import { pooling } from './pooling'
import { reductions } from './reductions'
import { softmaxes } from './softmax'
import { unaryKernels } from './unary'

/** Every kernel that can be traced. */
export const kernels: readonly Kernel[] = [
  ...arithmetic, ...unaryKernels, ...reductions, ...movement, ...matrixProducts, ...convolutions, ...pooling, ...softmaxes,
]

const byName = new Map(kernels.map((kernel) => [kernel.name, kernel]))

/** The kernel of a name. */
export function kernelNamed(name: string): Kernel {
  const kernel = byName.get(name)
  if (kernel === undefined) throw new TraceError(unsupported(name))
  return kernel
}

/** What to say of a kernel that is not in the table. */
export const unsupported = (name: string): string =>
  `@sbgm/onnx must know every kernel of a traced function; it does not know ${name}. ` +
  `Write that step with other ops (it knows ${kernels.map((kernel) => kernel.name).sort().join(', ')}), or run the function eagerly.`
