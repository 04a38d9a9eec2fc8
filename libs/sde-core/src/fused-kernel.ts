import { engine, getBackend, getKernel, type NamedAttrMap, type Tensor } from '@tensorflow/tfjs-core'

/** Runs a fused operation on the active backend; what it returns is the caller's. */
export type FusedKernel = (inputs: Readonly<Record<string, Tensor>>, attributes: Readonly<Record<string, unknown>>) => readonly Tensor[]

/**
 * An operation that many kernels make up, as the one kernel that a backend may have registered for it. Where it has none, the caller composes
 * it of TensorFlow.js's own operations; so a library that asks knows no backend, and every backend can run it.
 *
 * The kernel is not differentiable: ask inside of `customGrad`, with a kernel of the gradient's own, or where nothing is differentiated.
 *
 * @param name - of the kernel, such as 'sbgm.GroupNorm'; the libraries that ask document what such a kernel takes and gives
 * @returns undefined where the active backend has no such kernel
 */
export function fusedKernel(name: string): FusedKernel | undefined {
  if ((getKernel(name, getBackend()) as object | undefined) === undefined) return undefined
  return (inputs, attributes) => {
    const made: Tensor | Tensor[] = engine().runKernel(name, { ...inputs }, attributes as NamedAttrMap)
    return Array.isArray(made) ? made : [made]
  }
}
