import type { backend_util } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { ProductTile } from './product-tile'

/** What a convolution or one of its gradients is run with, besides its operands. */
export interface ConvolutionRun {
  readonly shape: backend_util.Conv2DInfo
  readonly backend: WebGPUBackend
  /** A tile in the place of the one that should be fastest. */
  readonly tile?: ProductTile | undefined
}
