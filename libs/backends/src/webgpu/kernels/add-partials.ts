import type { TensorInfo } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { flatWorkgroup, runProgram, spread } from './run-program'

const invocations = 256
const mostSlices = 16

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
 * Σₛ partials[g, s, i], times a factor, in an order that depends on the shape alone: a workgroup's invocations are laid out as slices of the splits by results
 * beside each other, slice n adds the splits n, n + slices, …, and the slices are added in a tree. So the result is the same
 * to the bit each time, which atomic additions would not give.
 */
export function addPartials(backend: WebGPUBackend, { partials, groups, splits, size, shape, factor = 1 }: Partials): TensorInfo {
  const slices = Math.min(mostSlices, 2 ** Math.max(0, Math.floor(Math.log2(splits / 4)))) // with four splits or more each
  return runProgram(backend, {
    name: 'AddPartials',
    key: `${slices}`,
    inputs: { partials },
    shape,
    workgroupSize: invocations,
    dispatch: spread(Math.ceil((groups * size * slices) / invocations)),
    integers: { count: groups * size, splits, inner: size },
    floats: { factor },
    source: () => sourceOf(slices),
  })
}

function sourceOf(slices: number): string {
  const results = invocations / slices
  return `
${slices === 1 ? '' : `var<workgroup> sums: array<f32, ${invocations}>;`}

fn work() {
  let place = ${flatWorkgroup} * ${results} + i32(localIndex) % ${results};
  let slice = i32(localIndex) / ${results};
  var sum = 0.0;
  if (place < uniforms.count) {
    let start = place / uniforms.inner * uniforms.splits * uniforms.inner + place % uniforms.inner;
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
  ${slices === 1 ? '' : addSlices(slices)}
  if (slice == 0 && place < uniforms.count) { result[place] = uniforms.factor * sum; }
}`
}

const addSlices = (slices: number): string => `sums[localIndex] = sum;
  for (var half = ${slices / 2}; half > 0; half = half / 2) {
    workgroupBarrier();
    if (slice < half) { sums[localIndex] += sums[i32(localIndex) + half * ${invocations / slices}]; }
  }
  sum = sums[localIndex];`
