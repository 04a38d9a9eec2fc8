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
  /** Zeros at [top, left, bottom, right], as ONNX counts them. */
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
  const { top, left, bottom, right } = info.padInfo
  return {
    input: info.inShape,
    output: info.outShape as Four,
    window: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: [top, left, bottom, right],
  }
}
