import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { flatWorkgroup, runProgram, spread } from './run-program'

const outputs = 16 // of a workgroup: 64 bytes beside each other
const slices = 16

/** Partial sums, and what becomes of them. */
export interface Partials {
  /** Partial sums in the order [groups, splits, size]. It stays the caller's. */
  readonly partials: TensorInfo
  readonly groups: number
  readonly splits: number
  readonly size: number
  /** The result's shape, of groups · size numbers. */
  readonly shape: readonly number[]
  /** What the sums are multiplied by. Default 1. */
  readonly factor?: number
}

/**
 * Σₛ partials[g, s, i], times a factor, in an order that depends on the shape alone: split s is added by slice s mod 16 of the workgroup, the slices in
 * a tree. So the result is the same to the bit each time, which atomic additions would not give.
 */
export function addPartials(backend: WebGPUBackend, { partials, groups, splits, size, shape, factor = 1 }: Partials): TensorInfo {
  return runProgram(backend, {
    name: 'AddPartials',
    key: '',
    inputs: { partials },
    shape,
    workgroupSize: outputs * slices,
    dispatch: spread(Math.ceil((groups * size) / outputs)),
    integers: { count: groups * size, splits, inner: size },
    floats: { factor },
    source: () => source,
  })
}

const source = `
var<workgroup> sums: array<f32, ${outputs * slices}>;

fn work() {
  let output = ${flatWorkgroup} * ${outputs} + i32(localIndex) % ${outputs};
  let slice = i32(localIndex) / ${outputs};
  var sum = 0.0;
  if (output < uniforms.count) {
    let start = output / uniforms.inner * uniforms.splits * uniforms.inner + output % uniforms.inner;
    let last = uniforms.splits - 1;
    for (var split = slice; split < uniforms.splits; split += ${4 * slices}) { // four at a time, so that their reads overlap
      let second = split + ${slices};
      let third = split + ${2 * slices};
      let fourth = split + ${3 * slices};
      let a = partials[start + split * uniforms.inner];
      let b = select(0.0, partials[start + min(second, last) * uniforms.inner], second <= last);
      let c = select(0.0, partials[start + min(third, last) * uniforms.inner], third <= last);
      let d = select(0.0, partials[start + min(fourth, last) * uniforms.inner], fourth <= last);
      sum += (a + b) + (c + d);
    }
  }
  sums[localIndex] = sum;
  for (var half = ${slices / 2}; half > 0; half = half / 2) {
    workgroupBarrier();
    if (slice < half) { sums[localIndex] += sums[localIndex + u32(half * ${outputs})]; }
  }
  if (slice == 0 && output < uniforms.count) { result[output] = uniforms.factor * sums[localIndex]; }
}`
