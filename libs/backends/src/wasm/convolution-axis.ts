import type { backend_util } from '@tensorflow/tfjs-core'

/** One spatial axis of a convolution: output o sees the inputs o · stride − before + k for the taps k < kernel. */
export interface ConvolutionAxis {
  /** Pixels of the input. */
  readonly input: number
  /** Pixels of the output. */
  readonly output: number
  /** Taps of the kernel. */
  readonly kernel: number
  /** Pixels of the input from one output to the next. */
  readonly stride: number
  /** Zeros before the first pixel of the input. */
  readonly before: number
}

/** The vertical and the horizontal axis of a convolution. */
export function axesOf(shape: backend_util.Conv2DInfo): { readonly vertical: ConvolutionAxis; readonly horizontal: ConvolutionAxis } {
  const { inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = shape
  return {
    vertical: { input: inHeight, output: outHeight, kernel: filterHeight, stride: strideHeight, before: padInfo.top },
    horizontal: { input: inWidth, output: outWidth, kernel: filterWidth, stride: strideWidth, before: padInfo.left },
  }
}

/** How many pixels all outputs of an axis see together, padding included. */
export const seenBy = ({ output, stride, kernel }: ConvolutionAxis): number => (output - 1) * stride + kernel

/** Whether an axis maps each pixel to itself. */
export const isPointwise = ({ input, output, kernel, stride, before }: ConvolutionAxis): boolean =>
  kernel === 1 && stride === 1 && before === 0 && input === output

/**
 * The pixels of the input that meet the same taps, every `stride`-th one. For them the gradient is a plain convolution:
 * pixel n of the phase is the sum over i < taps of dy[firstSeen + n + i] · weight[lastTap − i · stride].
 */
export interface GradientPhase {
  /** The first input pixel of the phase. */
  readonly first: number
  /** How many input pixels it has. */
  readonly count: number
  /** How many taps its pixels meet; 0 where no output sees them. */
  readonly taps: number
  /** The tap that the earliest output in sight uses. */
  readonly lastTap: number
  /** The earliest output in the sight of the first pixel; before 0 and past the end they are zeros. */
  readonly firstSeen: number
}

/** The phases of an axis, none of them empty: min(stride, input) many. */
export function gradientPhases({ input, kernel, stride, before }: ConvolutionAxis): GradientPhase[] {
  return Array.from({ length: Math.min(stride, input) }, (_, first) => {
    const firstTap = (first + before) % stride
    const taps = Math.max(0, Math.ceil((kernel - firstTap) / stride))
    const latestSeen = (first + before - firstTap) / stride
    return {
      first,
      count: Math.ceil((input - first) / stride),
      taps,
      lastTap: firstTap + (taps - 1) * stride,
      firstSeen: latestSeen - (taps - 1),
    }
  })
}
