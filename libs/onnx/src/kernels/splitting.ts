import type { Lowering } from '../lower/lowering'
import type { OnnxValue } from '../model/onnx-graph'

/**
 * Most parts that one Split gives on a GPU: a shader may have eight buffers on every card that has WebGPU, one of which is what is split.
 */
const mostParts = 7

/** Parts of x along an axis, in order: by one node, or on a GPU, where that may give a few only, by a tree of them, of whose levels each moves all numbers once. */
export function partsOf(x: OnnxValue, axis: number, parts: readonly Pick<OnnxValue, 'shape' | 'type'>[], lowering: Lowering): OnnxValue[] {
  if (lowering.device === 'cpu' || parts.length <= mostParts) return split(x, axis, parts, lowering)
  let perChunk = mostParts
  while (perChunk * mostParts < parts.length) perChunk *= mostParts
  const chunks = Array.from({ length: Math.ceil(parts.length / perChunk) }, (_, i) => parts.slice(i * perChunk, (i + 1) * perChunk))
  const joined = chunks.map((chunk) => ({ shape: x.shape.with(axis, chunk.reduce((sum, { shape }) => sum + shape[axis], 0)), type: x.type }))
  return split(x, axis, joined, lowering).flatMap((chunk, i) => (chunks[i].length === 1 ? [chunk] : partsOf(chunk, axis, chunks[i], lowering)))
}

function split(x: OnnxValue, axis: number, parts: readonly Pick<OnnxValue, 'shape' | 'type'>[], lowering: Lowering): OnnxValue[] {
  const sizes = lowering.integers(parts.map(({ shape }) => shape[axis]))
  return lowering.split('Split', [x, sizes], parts, { attributes: { axis: { int: axis } } })
}
