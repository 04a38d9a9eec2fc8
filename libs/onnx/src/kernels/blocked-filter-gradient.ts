import type { BlockedLayout } from '../lower/blocked-layout'
import { asCounted, type Lowering, type Lying } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'
import type { Value } from '../trace/graph'
import type { WindowGeometry } from './convolution-geometry'

/** Two images with as many samples, of which one slides over the other as a filter does. */
interface Sliding {
  /** What slides: its channels are in blocks. */
  readonly filter: Value
  /** What it slides over. */
  readonly images: Value
  /** Zeros at [top, left, bottom, right] of the images; negative where the filter does not reach as far. */
  readonly margins: readonly number[]
  /** Pixels of the images between two pixels of the filter. */
  readonly strides: readonly number[]
  /** In how many places it stands, down and across. */
  readonly places: readonly number[]
}

/**
 * dW of a convolution, dW[i, j, ci, co] = Σ_(n, y, x) X[n, s y + i, s x + j, ci] dY[n, y, x, co], as a blocked convolution: what it sums
 * over in blocks are samples, its filter is all of dY, and a row of its one image is X's pixels with all their channels, `ci` apart.
 * Each block of samples makes a group of its own, so that the threads have something to share, and the groups are added. Unlike the
 * three-dimensional convolution this gathers nothing.
 *
 * @returns undefined where samples or channels do not fill blocks, and for filters with gaps between their taps
 */
export function filterGradientInBlocks(x: Value, dy: Value, { input, output, window, strides, dilations, pads }: WindowGeometry, lowering: Lowering): Lying | undefined {
  const { blocks } = lowering
  const [batch, height, width, ins] = input
  const [, outHeight, outWidth, outs] = output
  const [rows, columns] = window
  if (blocks === undefined || batch % blocks.block !== 0 || dilations.some((dilation) => dilation !== 1)) return undefined
  const taps = rows * columns
  if (blocks.fits(ins) && strides.every((stride) => stride === 1) && (outs < ins || !blocks.fits(outs))) { // X slides over dY
    const margins = [rows - 1 - pads[0], columns - 1 - pads[1], rows - 1 - pads[2], columns - 1 - pads[3]]
    const slid = lowering.reshape(slide({ filter: x, images: dy, margins, strides, places: window }, blocks, lowering), [ins / blocks.block, taps, outs, blocks.block])
    const backwards = lowering.integers(Array.from({ length: taps }, (_, i) => taps - 1 - i))
    const forwards = taps === 1 ? slid : lowering.node('Gather', [slid, backwards], slid, { attributes: { axis: { int: 1 } } })
    return asCounted(lowering.reshape(lowering.transpose(forwards, [1, 0, 3, 2]), [rows, columns, ins, outs]))
  }
  if (!blocks.fits(outs)) return undefined
  const reach = (length: number, axis: 0 | 1) => (length - 1) * strides[axis] + window[axis]
  const margins = [pads[0], pads[1], reach(outHeight, 0) - height - pads[0], reach(outWidth, 1) - width - pads[1]]
  const slid = lowering.reshape(slide({ filter: dy, images: x, margins, strides, places: window }, blocks, lowering), [outs / blocks.block, taps, ins, blocks.block])
  return asCounted(lowering.reshape(lowering.transpose(slid, [1, 2, 0, 3]), [rows, columns, ins, outs]))
}

/** What comes of each place: (channels of the filter / block, places down, places across, channels of the images, block). */
function slide({ filter, images, margins, strides, places }: Sliding, blocks: BlockedLayout, lowering: Lowering): OnnxValue {
  const { block } = blocks
  const [batch, filterHeight, filterWidth, outs] = filter.shape
  const [groups, ins] = [batch / block, images.shape[3]]
  const wide = withColumns(images, margins, blocks, lowering)
  const [, height, width] = wide.shape
  const image = blocks.enter(lowering, lowering.reshape(wide, [1, batch, height, width * ins]), 'channels first')
  const pixels = lowering.reshape(lowering.inBlocks(filter, blocks), [groups, block, 1, outs * filterHeight * filterWidth])
  const weights = lowering.reshape(blocks.enter(lowering, pixels, 'channels last'), [groups * outs, block, filterHeight, filterWidth])
  const shape = [1, groups * outs, places[0], places[1] * ins]
  const perGroup = blocks.node(lowering, 'Conv', [image, weights], shape, {
    kernel_shape: { ints: [filterHeight, filterWidth] },
    pads: { ints: [Math.max(margins[0], 0), 0, Math.max(margins[2], 0), 0] },
    strides: { ints: [1, 1] },
    dilations: { ints: [strides[0], strides[1] * ins] },
    group: { int: groups },
  })
  const size = outs * places[0] * places[1] * ins
  if (groups === 1) return lowering.reshape(perGroup, [size])
  const ones = lowering.constant(new Float32Array(groups).fill(1), { shape: [1, groups], type: 'float32' })
  return lowering.node('MatMul', [ones, lowering.reshape(perGroup, [groups, size])], { shape: [1, size], type: 'float32' }) // faster than a sum over rows
}

/** Images (batch, height, width, channels) with zeros at their left and right, and without what is not reached. */
function withColumns(images: Value, [top, left, bottom, right]: readonly number[], blocks: BlockedLayout, lowering: Lowering): OnnxValue {
  const [batch, height, width, channels] = images.shape
  if (Math.min(top, left, bottom, right) >= 0 && lowering.isBlocked(images)) {
    return blocks.leave(lowering, blocks.widened(lowering, lowering.inBlocks(images, blocks), [left, right]), 'channels last')
  }
  const axes = [1, 2]
  const [starts, ends] = [[Math.max(-top, 0), Math.max(-left, 0)], [height - Math.max(-bottom, 0), width - Math.max(-right, 0)]]
  const shape = [batch, ends[0] - starts[0], ends[1] - starts[1], channels]
  const natural = lowering.natural(images)
  const kept = shape.every((length, axis) => length === images.shape[axis])
    ? natural
    : lowering.node('Slice', [natural, lowering.integers(starts), lowering.integers(ends), lowering.integers(axes)], { shape, type: 'float32' })
  if (left <= 0 && right <= 0) return kept
  const pads = lowering.integers([0, 0, Math.max(left, 0), 0, 0, 0, Math.max(right, 0), 0])
  const padded = [batch, shape[1], shape[2] + Math.max(left, 0) + Math.max(right, 0), channels]
  return lowering.node('Pad', [kept, pads, lowering.scalar(0, 'float32')], { shape: padded, type: 'float32' })
}
