import { installTogether } from '../../kernel-override'
import { installConvolutionGradients } from './convolution'
import { installSine } from './sine'

/** Our own kernels, each set of which stands or falls as one. */
const kernelSets: readonly (() => () => void)[] = [...installConvolutionGradients, ...installSine]

/**
 * Registers our own WebGPU kernels in place of those of TensorFlow.js that are slow in training or inexact.
 *
 * @returns a function that takes them back.
 */
export const installWebGpuKernels = (): (() => void) => installTogether(kernelSets)
