import { installTogether } from '../../kernel-override'
import { installAdamW } from './adam-w'
import { installConvolutions } from './convolution'
import { installFlatten } from './flatten'
import { installGroupNorm } from './group-norm'
import { installReductions } from './reductions'
import { installSine } from './sine'

/** Our own kernels, each set of which stands or falls as one. */
const kernelSets: readonly (() => () => void)[] = [...installConvolutions, ...installReductions, ...installSine, installGroupNorm, installAdamW, installFlatten]

/**
 * Registers our own WebGPU kernels in place of those of TensorFlow.js that are slow in training or inexact, and those that stand for several of them.
 *
 * @returns a function that takes them back.
 */
export const installWebGpuKernels = (): (() => void) => installTogether(kernelSets)
