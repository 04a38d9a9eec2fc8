import type { backend_util, TensorInfo } from '@tensorflow/tfjs-core'
import type { ConvolutionRun } from './convolution-run'
import { inputGradientSource } from './input-gradient-shader'
import { tileName } from './product-shader'
import { chooseTile, columnsOf, fillingInvocations, rowsOf, wideTiles, type ProductTile } from './product-tile'
import { runProgram, type Dispatch } from './run-program'

/** How the gradient of a convolution's input is divided among workgroups. */
export interface InputGradientPlan {
  readonly tile: ProductTile
  /** Tiles over channels in · phases; tiles over a phase's pixels, along y and z. */
  readonly dispatch: Dispatch
}

/**
 * A phase is the input's pixels with the same remainders of (row, column) by the strides: at stride 1 there is one, at stride 2 there are four. The plan
 * is for a device that takes `most` workgroups along one dimension, with a tile that was `chosen` in the place of the one that should be fastest.
 */
export function planInputGradient({ batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth }: backend_util.Conv2DInfo, most: number, chosen?: ProductTile): InputGradientPlan {
  const products = strideHeight * strideWidth
  const rows = batchSize * Math.ceil(inHeight / strideHeight) * Math.ceil(inWidth / strideWidth)
  const tile = chosen ?? chooseTile({ rows, columns: inChannels, products, wantedInvocations: fillingInvocations }, wideTiles)
  const down = Math.ceil(rows / rowsOf(tile))
  const z = Math.ceil(down / most)
  return { tile, dispatch: [products * Math.ceil(inChannels / columnsOf(tile)), Math.ceil(down / z), z] }
}

/**
 * ∂/∂input of a convolution of NHWC images, which is the transposed convolution: dx[b, y, x, c] = Σ dy[b, (y + top − i) / s, (x + left − j) / s, o] · w[i, j, c, o]
 * over the taps (i, j) for which the divisions come out even. Those are the same for all pixels of a phase, so each phase is one product
 * [pixels, taps · channels out] · [taps · channels out, channels in], and none has a factor that is zero by design.
 *
 * @param dy - the gradient of the outputs, float32
 * @param filter - float32
 */
export function inputGradient(dy: TensorInfo, filter: TensorInfo, { shape, backend, tile: chosen }: ConvolutionRun): TensorInfo {
  const { tile, dispatch } = planInputGradient(shape, backend.device.limits.maxComputeWorkgroupsPerDimension, chosen)
  const [vec4In, vec4Out] = [shape.inChannels % 4 === 0, shape.outChannels % 4 === 0]
  const { inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, strideHeight, strideWidth } = shape
  return runProgram(backend, {
    name: 'InputGradient',
    key: `${tileName(tile)} ${vec4In} ${vec4Out}`,
    inputs: { dy, weights: filter },
    shape: shape.inShape,
    vec4: [...(vec4Out ? ['dy', 'weights'] : []), ...(vec4In ? ['result'] : [])],
    workgroupSize: tile.threadsM * tile.threadsN,
    dispatch,
    integers: {
      images: shape.batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels,
      filterHeight, filterWidth, top: shape.padInfo.top, left: shape.padInfo.left, strideHeight, strideWidth,
    },
    source: () => inputGradientSource(tile, vec4In, vec4Out),
  })
}
