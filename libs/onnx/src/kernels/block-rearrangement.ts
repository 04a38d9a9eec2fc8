import { backend_util } from '@tensorflow/tfjs-core'
import { TraceError } from '../errors'
import { sizeOf, type Value } from '../trace/graph'
import { attribute, type Kernel } from './kernel'

/** Kernels that exchange pixels with samples or channels, block by block: a reshape, a transposition, a reshape. */
export const blockRearrangement: readonly Kernel[] = [
  {
    name: 'SpaceToBatchND',
    inputs: ['x'],
    compose: ([x], attributes, call) => {
      const blockShape = attribute<number[]>(attributes, 'blockShape')
      const given = attribute<[number, number][]>(attributes, 'paddings')
      const paddings = (x as Value).shape.map((_, axis) => (axis === 0 ? [0, 0] : (given[axis - 1] ?? [0, 0])))
      const [padded] = call('PadV2', [x], { paddings, constantValue: 0 })
      const [shape, block] = [[...padded.shape], sizeOf(blockShape)]
      const [split] = call('Reshape', [padded], { shape: backend_util.getReshaped(shape, blockShape, block, false) })
      const [moved] = call('Transpose', [split], { perm: backend_util.getPermuted(split.shape.length, blockShape.length, false) })
      return call('Reshape', [moved], { shape: backend_util.getReshapedPermuted(shape, blockShape, block, false) })
    },
  },
  {
    name: 'BatchToSpaceND',
    inputs: ['x'],
    compose: ([x], attributes, call) => {
      const blockShape = attribute<number[]>(attributes, 'blockShape')
      const crops = attribute<number[][]>(attributes, 'crops')
      const [shape, block] = [[...(x as Value).shape], sizeOf(blockShape)]
      const [split] = call('Reshape', [x], { shape: backend_util.getReshaped(shape, blockShape, block) })
      const [moved] = call('Transpose', [split], { perm: backend_util.getPermuted(split.shape.length, blockShape.length) })
      const uncropped = backend_util.getReshapedPermuted(shape, blockShape, block)
      const [merged] = call('Reshape', [moved], { shape: uncropped })
      return call('Slice', [merged], {
        begin: backend_util.getSliceBeginCoords(crops, blockShape.length), size: backend_util.getSliceSize(uncropped, crops, blockShape.length),
      })
    },
  },
  {
    name: 'DepthToSpace',
    inputs: ['x'],
    compose: ([x], attributes, call) => {
      const format = attribute<string>(attributes, 'dataFormat')
      if (format !== 'NHWC') throw new TraceError(`A traced depthToSpace must have the data format NHWC; got ${format}. Transpose the images first.`)
      const block = attribute<number>(attributes, 'blockSize')
      const [batch, height, width, channels] = (x as Value).shape
      const left = channels / (block * block)
      const [split] = call('Reshape', [x], { shape: [batch, height, width, block, block, left] })
      const [moved] = call('Transpose', [split], { perm: [0, 1, 3, 2, 4, 5] })
      return call('Reshape', [moved], { shape: [batch, height * block, width * block, left] })
    },
  },
]
