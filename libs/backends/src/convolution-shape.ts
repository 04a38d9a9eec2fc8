import { backend_util, type Conv2DAttrs, type TensorInfo } from '@tensorflow/tfjs-core'

/** How a convolution's window moves. */
export interface Window extends Pick<Conv2DAttrs, 'strides' | 'pad'> {
  readonly dimRoundingMode: Conv2DAttrs['dimRoundingMode'] | undefined
}

/** The sizes of a convolution of NHWC images without dilation, from those of the images and of the filter. */
export function convolutionShape(input: readonly number[], filter: readonly number[], { strides, pad, dimRoundingMode }: Window): backend_util.Conv2DInfo {
  const sizes = (shape: readonly number[]) => shape as [number, number, number, number]
  return backend_util.computeConv2DInfo(sizes(input), sizes(filter), strides, 1, pad, dimRoundingMode, false, 'channelsLast')
}

/** Whether a convolution is what our kernels know: NHWC, float32, without dilation. */
export function isPlain({ dataFormat, dilations }: Pick<Conv2DAttrs, 'dataFormat' | 'dilations'>, operands: readonly TensorInfo[]): boolean {
  const dilated = typeof dilations === 'number' ? dilations !== 1 : dilations.some((dilation) => dilation !== 1)
  return dataFormat === 'NHWC' && !dilated && operands.every(({ dtype }) => dtype === 'float32')
}

/** Whether there is nothing to compute from, or nothing to compute. */
export const isEmpty = ({ inShape, outShape }: backend_util.Conv2DInfo): boolean => [...inShape, ...outShape].some((size) => size <= 0)
