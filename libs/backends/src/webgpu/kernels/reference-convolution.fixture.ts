import type { backend_util } from '@tensorflow/tfjs-core'

/** A convolution and its gradients in float64, and for each number the sum of its products' absolute values, by which rounding is judged. */
export interface ReferenceConvolution {
  readonly output: Float64Array
  readonly outputSizes: Float64Array
  readonly filter: Float64Array
  readonly filterSizes: Float64Array
  readonly input: Float64Array
  readonly inputSizes: Float64Array
}

/** For tests: a convolution of NHWC images and its gradients, product by product from their definition. */
export function referenceConvolution(x: Float32Array, filter: Float32Array, dy: Float32Array, shape: backend_util.Conv2DInfo): ReferenceConvolution {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth, strideHeight, strideWidth, padInfo } = shape
  const results = {
    output: new Float64Array(dy.length), outputSizes: new Float64Array(dy.length),
    filter: new Float64Array(filter.length), filterSizes: new Float64Array(filter.length),
    input: new Float64Array(x.length), inputSizes: new Float64Array(x.length),
  }
  for (let image = 0; image < batchSize; image++)
    for (let row = 0; row < outHeight; row++)
      for (let column = 0; column < outWidth; column++)
        for (let i = 0; i < filterHeight; i++)
          for (let j = 0; j < filterWidth; j++) {
            const [y, z] = [row * strideHeight + i - padInfo.top, column * strideWidth + j - padInfo.left]
            if (y < 0 || y >= inHeight || z < 0 || z >= inWidth) continue
            const [output, input] = [((image * outHeight + row) * outWidth + column) * outChannels, ((image * inHeight + y) * inWidth + z) * inChannels]
            addProducts(results, { x, filter, dy }, { input, output, weights: (i * filterWidth + j) * inChannels * outChannels, inChannels, outChannels })
          }
  return results
}

interface Place {
  readonly input: number
  readonly output: number
  readonly weights: number
  readonly inChannels: number
  readonly outChannels: number
}

function addProducts(
  results: ReferenceConvolution,
  { x, filter, dy }: { readonly x: Float32Array; readonly filter: Float32Array; readonly dy: Float32Array },
  { input, output, weights, inChannels, outChannels }: Place,
): void {
  for (let c = 0; c < inChannels; c++)
    for (let o = 0; o < outChannels; o++) {
      const [value, gradient, weight] = [x[input + c] ?? NaN, dy[output + o] ?? NaN, filter[weights + c * outChannels + o] ?? NaN]
      add(results.output, results.outputSizes, output + o, value * weight)
      add(results.filter, results.filterSizes, weights + c * outChannels + o, value * gradient)
      add(results.input, results.inputSizes, input + c, weight * gradient)
    }
}

function add(sums: Float64Array, sizes: Float64Array, index: number, product: number): void {
  sums[index] = (sums[index] ?? NaN) + product
  sizes[index] = (sizes[index] ?? NaN) + Math.abs(product)
}
