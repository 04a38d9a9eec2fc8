import { backend_util } from '@tensorflow/tfjs-core'
import { TraceError } from '../errors'
import { attribute, type Attributes } from './kernel'

/** How a two-dimensional window runs over images: lengths along height and width. */
export interface WindowGeometry {
  /** (batch, height, width, channels) of the images. */
  readonly input: readonly [number, number, number, number]
  /** (batch, height, width, channels) of what comes out. */
  readonly output: readonly [number, number, number, number]
  /** Height and width of the window. */
  readonly window: readonly [number, number]
  /** Pixels from one place of the window to the next. */
  readonly strides: readonly [number, number]
  /** Pixels between two taps of the window. */
  readonly dilations: readonly [number, number]
  /** Zeros at [top, left, bottom, right], as ONNX counts them: at the end just as many as windows reach beyond the image. */
  readonly pads: readonly [number, number, number, number]
}

type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4]
type Four = [number, number, number, number]

/** The geometry of a convolution of images by a filter (height, width, in, out). */
export function convolutionGeometry(input: readonly number[], filter: readonly number[], attributes: Attributes, depthwise = false): WindowGeometry {
  const format = attribute<string | undefined>(attributes, 'dataFormat') ?? 'NHWC'
  if (format !== 'NHWC') throw new TraceError(`A traced convolution must have the data format NHWC; got ${format}. Transpose the images first.`)
  const info = backend_util.computeConv2DInfo(
    [...input] as Four, [...filter] as Four, attribute(attributes, 'strides'), attribute(attributes, 'dilations') ?? 1,
    attribute<Padding>(attributes, 'pad'), attribute(attributes, 'dimRoundingMode'), depthwise,
  )
  return geometryOf(info)
}

/** The geometry of a pooling window. */
export function poolingGeometry(input: readonly number[], attributes: Attributes): WindowGeometry {
  const info = backend_util.computePool2DInfo(
    [...input] as Four, attribute(attributes, 'filterSize'), attribute(attributes, 'strides'), 1, attribute<Padding>(attributes, 'pad'),
    attribute(attributes, 'dimRoundingMode'),
  )
  return geometryOf(info)
}

function geometryOf(info: ReturnType<typeof backend_util.computeConv2DInfo>): WindowGeometry {
  const { top, left } = info.padInfo
  const [, height, width] = info.inShape
  // TensorFlow.js may count more than a stride lets windows reach, or less where it rounds up
  const bottom = (info.outHeight - 1) * info.strideHeight + info.effectiveFilterHeight - height - top
  const right = (info.outWidth - 1) * info.strideWidth + info.effectiveFilterWidth - width - left
  return {
    input: info.inShape,
    output: info.outShape as Four,
    window: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, Math.max(bottom, 0), Math.max(right, 0)],
  }
}

/** Rows and columns at the end of the images that no window reaches. */
export const unreached = ({ input, output, window, strides, dilations, pads }: WindowGeometry): [number, number] => {
  const spare = (axis: 0 | 1) => input[axis + 1] + pads[axis] - ((output[axis + 1] - 1) * strides[axis] + (window[axis] - 1) * dilations[axis] + 1)
  return [Math.max(spare(0), 0), Math.max(spare(1), 0)]
}
