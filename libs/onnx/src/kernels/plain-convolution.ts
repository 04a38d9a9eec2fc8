import type { Lowering } from '../lower/lowering'
import type { OnnxNode, OnnxValue } from '../model/onnx-graph'

/**
 * A convolution of images (batch, in, height, width) by a filter (out, in, rows, columns).
 *
 * onnxruntime's WebGPU engine, channels last, computes other numbers where the channels in are divisible by 3 and not by 4 and those out by 4, such as 9 to 8
 * (1.30.0; [a test](conformance-on-webgpu.test.ts) has the cases). There it gets channels of zeros, up to the next multiple of 4.
 */
export function convolution(images: OnnxValue, filter: OnnxValue, shape: readonly number[], attributes: OnnxNode['attributes'], lowering: Lowering): OnnxValue {
  const channels = images.shape[1]
  const odd = lowering.device === 'webgpu' && channels % 3 === 0 && channels % 4 !== 0
  const operands = odd ? [images, filter].map((each) => withZeros(each, 4 - (channels % 4), lowering)) : [images, filter]
  return lowering.node('Conv', operands, { shape, type: 'float32' }, { attributes })
}

/** So many channels of zeros behind those of (…, channels, height, width). */
function withZeros(x: OnnxValue, count: number, lowering: Lowering): OnnxValue {
  const ends = lowering.integers([0, 0, 0, 0, 0, count, 0, 0])
  return lowering.node('Pad', [x, ends, lowering.scalar(0, 'float32')], { shape: x.shape.with(1, x.shape[1] + count), type: 'float32' })
}
