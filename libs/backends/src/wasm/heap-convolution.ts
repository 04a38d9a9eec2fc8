import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { axesOf, gradientPhases, isPointwise, seenBy, type ConvolutionAxis, type GradientPhase } from './convolution-axis'
import { addressOf, heapKernels, newTensor, withScratch, type HeapKernels } from './heap-kernels'

/** A convolution of NHWC images and the tensors of one of its kernels; float32, no dilation. */
export interface ConvolutionRun {
  /** Sizes, as tfjs computes them. */
  readonly shape: backend_util.Conv2DInfo
  /** The wasm backend that the tensors live on. */
  readonly backend: BackendWasm
}

const float = 4
const tileBytes = 128
/** What the filter gradient reads of images and gradients before it changes its tile; more falls out of the first-level cache (benchmarks/convolution). */
const cachedBytes = 28 * 1024

/** y = x ∗ filter + bias. @returns shape (batch, outHeight, outWidth, outChannels), owned by the caller. */
export function convolveForward(x: TensorInfo, filter: TensorInfo, bias: TensorInfo | undefined, { shape, backend }: ConvolutionRun): TensorInfo {
  const { batchSize, inChannels, outChannels } = shape
  const { vertical, horizontal } = axesOf(shape)
  const runBytes = horizontal.kernel * inChannels * float
  const panelBytes = 8 * (float + vertical.kernel * runBytes)
  const panelsBytes = Math.ceil(outChannels / 8) * panelBytes
  const image: PaddedImage = {
    rows: seenBy(vertical), columns: seenBy(horizontal), top: vertical.before, left: horizontal.before,
    height: vertical.input, width: horizontal.input, channels: inChannels,
  }
  const kernels = heapKernels(backend)
  const pixel = horizontal.stride * inChannels * float
  const [outPixel, outImage] = [outChannels * float, sizeOfImage(vertical.output, horizontal.output, outChannels)]
  return withScratch(panelsBytes + tileBytes + paddedBytes(image) + 3 * pixel, backend, (panels) => {
    const out = newTensor(shape.outShape, 'float32', backend)
    const [tile, padded] = [panels + panelsBytes, panels + panelsBytes + tileBytes]
    const [from, to] = [addressOf(x, backend), addressOf(out, backend)]
    const taps = vertical.kernel * horizontal.kernel * inChannels
    if (bias !== undefined) kernels.packRun(addressOf(bias, backend), panels, 1, 0, outChannels, float, panelBytes)
    kernels.packRun(addressOf(filter, backend), panels + 8 * float, taps, outPixel, outChannels, float, panelBytes)
    const pixels = batchSize * vertical.output * horizontal.output
    if (isPointwise(vertical) && isPointwise(horizontal) && pixels >= 4) {
      kernels.convolve(from, panels, to, tile, 1, runBytes, 0, 0, pixel, 1, pixels, outChannels, 0, outPixel)
      return out
    }
    const row = image.columns * inChannels * float
    for (let sample = 0; sample < batchSize; sample++) {
      copyPadded(from + sample * sizeOfImage(image.height, image.width, inChannels), padded, image, kernels)
      kernels.convolve(
        padded, panels, to + sample * outImage, tile, vertical.kernel, runBytes, row, vertical.stride * row,
        pixel, vertical.output, horizontal.output, outChannels, horizontal.output * outPixel, outPixel,
      )
    }
    return out
  })
}

/**
 * The gradient of the input, one convolution of dy with part of the turned filter per phase of the stride: at stride 2 four
 * small ones and no product with a zero in between.
 *
 * @returns shape (batch, inHeight, inWidth, inChannels), owned by the caller.
 */
export function convolutionInputGradient(dy: TensorInfo, filter: TensorInfo, { shape, backend }: ConvolutionRun): TensorInfo {
  const { batchSize, inChannels, outChannels } = shape
  const { vertical, horizontal } = axesOf(shape)
  const [rowPhases, columnPhases] = [gradientPhases(vertical), gradientPhases(horizontal)]
  const [rowsSeen, columnsSeen] = [sight(rowPhases, vertical), sight(columnPhases, horizontal)]
  const image: PaddedImage = {
    rows: rowsSeen.length, columns: columnsSeen.length, top: rowsSeen.before, left: columnsSeen.before,
    height: vertical.output, width: horizontal.output, channels: outChannels,
  }
  const kernels = heapKernels(backend)
  const phases = rowPhases.flatMap((rows) => columnPhases.map((columns) => ({ rows, columns })))
  const panelCount = Math.ceil(inChannels / 8)
  const sizes = phases.map(({ rows, columns }) => 8 * float * (1 + rows.taps * columns.taps * outChannels))
  const panelsBytes = panelCount * sizes.reduce((sum, size) => sum + size, 0)
  const [pixel, outPixel] = [outChannels * float, inChannels * float]
  const outRow = horizontal.input * outPixel
  return withScratch(panelsBytes + tileBytes + paddedBytes(image) + 3 * pixel, backend, (scratch) => {
    const out = newTensor(shape.inShape, 'float32', backend)
    const [tile, padded] = [scratch + panelsBytes, scratch + panelsBytes + tileBytes]
    const [weights, from, to] = [addressOf(filter, backend), addressOf(dy, backend), addressOf(out, backend)]
    let next = scratch
    const panels = phases.map(({ rows, columns }, phase) => {
      const [start, panelBytes] = [next, sizes[phase] ?? 0]
      for (let i = 0; i < rows.taps; i++)
        for (let j = 0; j < columns.taps; j++) {
          const tap = (rows.lastTap - i * vertical.stride) * horizontal.kernel + columns.lastTap - j * horizontal.stride
          const run = start + 8 * float * (1 + (i * columns.taps + j) * outChannels)
          kernels.packRun(weights + tap * inChannels * pixel, run, outChannels, float, inChannels, pixel, panelBytes)
        }
      next += panelCount * panelBytes
      return start
    })
    const pixels = batchSize * vertical.input * horizontal.input
    if (isPointwise(vertical) && isPointwise(horizontal) && pixels >= 4) {
      kernels.convolve(from, scratch, to, tile, 1, pixel, 0, 0, pixel, 1, pixels, inChannels, 0, outPixel)
      return out
    }
    const row = image.columns * pixel
    for (let sample = 0; sample < batchSize; sample++) {
      copyPadded(from + sample * sizeOfImage(image.height, image.width, outChannels), padded, image, kernels)
      const target = to + sample * vertical.input * outRow
      phases.forEach(({ rows, columns }, phase) => {
        const source = padded + (rows.firstSeen + image.top) * row + (columns.firstSeen + image.left) * pixel
        kernels.convolve(
          source, panels[phase] ?? 0, target + rows.first * outRow + columns.first * outPixel, tile, rows.taps, columns.taps * pixel, row, row,
          pixel, rows.count, columns.count, inChannels, vertical.stride * outRow, horizontal.stride * outPixel,
        )
      })
    }
    return out
  })
}

/** The gradient of the filter, images one after the other. @returns shape (height, width, inChannels, outChannels), owned by the caller. */
export function convolutionFilterGradient(x: TensorInfo, dy: TensorInfo, { shape, backend }: ConvolutionRun): TensorInfo {
  const { batchSize, inChannels, outChannels } = shape
  const { vertical, horizontal } = axesOf(shape)
  const image: PaddedImage = {
    rows: seenBy(vertical), columns: seenBy(horizontal), top: vertical.before, left: horizontal.before,
    height: vertical.input, width: horizontal.input, channels: inChannels,
  }
  const kernels = heapKernels(backend)
  const taps = horizontal.kernel * inChannels
  const sumsRow = Math.ceil(taps / 16) * 16 * outChannels * float
  const sumsBytes = vertical.kernel * sumsRow
  const pixel = horizontal.stride * inChannels * float
  return withScratch(sumsBytes + paddedBytes(image) + 64, backend, (sums) => {
    const out = newTensor(shape.filterShape, 'float32', backend)
    const padded = sums + sumsBytes
    const [from, gradient, to] = [addressOf(x, backend), addressOf(dy, backend), addressOf(out, backend)]
    const block = (rows: number) => Math.min(rows, Math.max(1, Math.round(cachedBytes / (horizontal.output * (pixel + outChannels * float)))))
    if (isPointwise(vertical) && isPointwise(horizontal) && taps % 16 === 0) {
      const [row, rows] = [horizontal.input * pixel, batchSize * vertical.output]
      kernels.filterGradient(from, gradient, sums, 1, taps, row, row, pixel, rows, horizontal.output, outChannels, block(rows))
    } else {
      const row = image.columns * inChannels * float
      for (let sample = 0; sample < batchSize; sample++) {
        copyPadded(from + sample * sizeOfImage(image.height, image.width, inChannels), padded, image, kernels)
        kernels.filterGradient(
          padded, gradient + sample * sizeOfImage(vertical.output, horizontal.output, outChannels), sums, vertical.kernel, taps, row,
          vertical.stride * row, pixel, vertical.output, horizontal.output, outChannels, block(vertical.output),
        )
      }
    }
    const gradientRow = taps * outChannels * float
    kernels.copyRows(sums, to, vertical.kernel, gradientRow, sumsRow, gradientRow)
    return out
  })
}

/** One image in a frame of zeros, as far as the outputs see it. */
interface PaddedImage {
  readonly rows: number
  readonly columns: number
  readonly top: number
  readonly left: number
  readonly height: number
  readonly width: number
  readonly channels: number
}

const sizeOfImage = (height: number, width: number, channels: number) => height * width * channels * float

const paddedBytes = ({ rows, columns, channels }: PaddedImage) => sizeOfImage(rows, columns, channels)

/** Puts one image into its frame; the frame is scratch memory, whose zeros stay from image to image. */
function copyPadded(from: number, to: number, image: PaddedImage, kernels: HeapKernels): void {
  const { rows, columns, top, left, height, width } = image
  const pixel = image.channels * float
  const [rowsSeen, columnsSeen] = [Math.max(0, Math.min(height, rows - top)), Math.max(0, Math.min(width, columns - left))]
  kernels.copyRows(from, to + (top * columns + left) * pixel, rowsSeen, columnsSeen * pixel, width * pixel, columns * pixel)
}

/** The outputs that any input pixel looks at: how many there are before the first one, and in all. */
function sight(phases: readonly GradientPhase[], { output }: ConvolutionAxis): { before: number; length: number } {
  const seeing = phases.filter(({ taps }) => taps > 0)
  const before = Math.max(0, ...seeing.map(({ firstSeen }) => -firstSeen))
  return { before, length: before + Math.max(output, ...seeing.map(({ firstSeen, count, taps }) => firstSeen + count - 1 + taps)) }
}
