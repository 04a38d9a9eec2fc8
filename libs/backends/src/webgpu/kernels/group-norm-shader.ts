import type { Shader } from './shader'

/** What the text of a group norm's shader depends on. */
export interface GroupNormSettings {
  /** Channels of a group. */
  readonly members: number
  /** Whether there is an offset per sample and channel. */
  readonly offset: boolean
  /** What comes behind the normalisation. */
  readonly activation: 'none' | 'silu'
}

const workgroupSize = 256

/**
 * y = activation(scale · (x + offset − μ)/√(σ² + ε) + shift), one workgroup for a group of one sample. Its invocations are rows of channel
 * lanes, each of which keeps to its channels and adds up its pixels; a tree adds the rows, then the lanes, in an order that depends on the shapes alone.
 * The pixels are centred twice, as the composed operation does it.
 */
export const groupNormShader = (settings: GroupNormSettings): Shader => ({
  ...frame('GroupNorm', settings),
  outputs: ['y'],
  inputs: ['x', 'scale', 'shift', ...(settings.offset ? ['offset'] : [])],
  source: () => `${common(settings)}
fn compute(workgroup: vec3<u32>, local: u32) {
  let number = workgroup.y * uniforms.row + workgroup.x;
  if (number >= uniforms.count) { return; }
  let at = placeOf(number, local);
  let moments = momentsOf(at, local);
  for (var c = at.lane; c < uniforms.members; c += LANES) {
    let channel = at.channel + c;
    let factor = moments.inverse * scale[channel];
    let constant = shift[channel] - moments.rest * factor;
    let centre = moments.centre - offsetOf(at, c);
    for (var p = at.row; p < uniforms.pixels; p += ROWS) {
      let i = at.first + p * uniforms.channels + c;
      let z = (x[i] - centre) * factor + constant;
      y[i] = ${settings.activation === 'silu' ? 'z * sigmoid(z)' : 'z'};
    }
  }
}`,
})

/**
 * The gradient of {@link groupNormShader} in x, and per sample what adds up to those in scale and shift, side by side in `sums`, (batch, 2 · channels);
 * that in the offset, (batch, channels), where there is one. With u the centred pixels, r = 1/√(σ² + ε), γ = scale, dz the gradient behind the
 * activation and ⟨·⟩ the mean over a group: dx = r γ dz − r ⟨γ dz⟩ − u r³ ⟨γ dz u⟩.
 */
export const groupNormGradientShader = (settings: GroupNormSettings): Shader => ({
  ...frame('GroupNormGrad', settings),
  outputs: ['dx', 'sums', ...(settings.offset ? ['dOffset'] : [])],
  inputs: ['x', 'dy', 'scale', ...(settings.activation === 'silu' ? ['shift'] : []), ...(settings.offset ? ['offset'] : [])],
  source: () => `${common(settings)}
fn dzAt(i: u32, u: f32, factor: f32, constant: f32) -> f32 {
${settings.activation === 'silu'
    ? 'let z = u * factor + constant; let s = sigmoid(z); let value = z * s; return dy[i] * (s + (value - value * s));'
    : 'return dy[i];'}
}
fn compute(workgroup: vec3<u32>, local: u32) {
  let number = workgroup.y * uniforms.row + workgroup.x;
  if (number >= uniforms.count) { return; }
  let at = placeOf(number, local);
  let moments = momentsOf(at, local);
  var means = vec2<f32>();
  for (var start = 0u; start < uniforms.members; start += LANES) {
    let c = start + at.lane;
    let channel = at.channel + c;
    var part = vec2<f32>();
    if (at.row < ROWS && c < uniforms.members) {
      let factor = moments.inverse * scale[channel];
      let constant = ${settings.activation === 'silu' ? 'shift[channel] - moments.rest * factor' : '0.0'};
      let centre = moments.centre - offsetOf(at, c);
      for (var p = at.row; p < uniforms.pixels; p += ROWS) {
        let i = at.first + p * uniforms.channels + c;
        let u = x[i] - centre;
        let dz = dzAt(i, u, factor, constant);
        part += vec2<f32>(dz, dz * u);
      }
    }
    addRows(local, part);
    if (at.row == 0u && c < uniforms.members) {
      let added = lanes[local];
      let place = at.sample * 2u * uniforms.channels + channel;
      sums[place] = (added.y - moments.rest * added.x) * moments.inverse;
      sums[place + uniforms.channels] = added.x;
      means += scale[channel] * added;
    }
    workgroupBarrier();
  }
  means = total(local, means) / f32(uniforms.pixels * uniforms.members);
  let forU = moments.inverse * moments.inverse * moments.inverse * (means.y - moments.rest * means.x);
  let level = moments.rest * forU - moments.inverse * means.x;
  for (var start = 0u; start < uniforms.members; start += LANES) {
    let c = start + at.lane;
    let channel = at.channel + c;
    var part = 0.0;
    if (at.row < ROWS && c < uniforms.members) {
      let factor = moments.inverse * scale[channel];
      let constant = ${settings.activation === 'silu' ? 'shift[channel] - moments.rest * factor' : '0.0'};
      let centre = moments.centre - offsetOf(at, c);
      for (var p = at.row; p < uniforms.pixels; p += ROWS) {
        let i = at.first + p * uniforms.channels + c;
        let u = x[i] - centre;
        let value = (factor * dzAt(i, u, factor, constant) - u * forU) + level;
        dx[i] = value;
        part += value;
      }
    }
    ${settings.offset ? `addRows(local, vec2<f32>(part, 0.0));
    if (at.row == 0u && c < uniforms.members) { dOffset[at.sample * uniforms.channels + channel] = lanes[local].x; }
    workgroupBarrier();` : ''}
  }
}`,
})

const frame = (name: string, { members, activation, offset }: GroupNormSettings) => ({
  name,
  key: `${lanesOf(members)} ${activation} ${offset}`,
  uniforms: ['count', 'row', 'pixels', 'channels', 'groups', 'members', 'epsilon: f32'], // count: groups of all samples
  workgroupSize,
})

const lanesOf = (members: number): number => Math.min(members, workgroupSize)

/** What both shaders begin with. */
function common({ members, offset }: GroupNormSettings): string {
  const lanes = lanesOf(members)
  const rows = Math.floor(workgroupSize / lanes)
  return `
const LANES = ${lanes}u; const ROWS = ${rows}u;
var<workgroup> lanes: array<vec2<f32>, ${workgroupSize}>;
struct Place { sample: u32, channel: u32, first: u32, row: u32, lane: u32 };
struct Moments { centre: f32, rest: f32, inverse: f32 };
fn sigmoid(z: f32) -> f32 { let e = exp(-abs(z)); return select(e, 1.0, z >= 0.0) / (1.0 + e); }
fn placeOf(number: u32, local: u32) -> Place {
  let sample = number / uniforms.groups;
  let channel = (number % uniforms.groups) * uniforms.members;
  let row = local / LANES;
  return Place(sample, channel, sample * uniforms.pixels * uniforms.channels + channel, select(row, uniforms.pixels, row >= ROWS), local % LANES);
}
fn offsetOf(at: Place, c: u32) -> f32 { return ${offset ? 'offset[at.sample * uniforms.channels + at.channel + c]' : '0.0'}; }
// Leaves the sum over the rows of each lane in the first row: each row adds up to seven others, and an eighth of them is left. Few barriers.
fn addRows(local: u32, value: vec2<f32>) {
  lanes[local] = value;
  workgroupBarrier();
  let row = local / LANES;
  for (var left = ROWS; left > 1u;) {
    let kept = (left + 7u) / 8u;
    if (row < kept) { for (var other = row + kept; other < left; other += kept) { lanes[local] += lanes[local + (other - row) * LANES]; } }
    left = kept;
    workgroupBarrier();
  }
}
fn total(local: u32, value: vec2<f32>) -> vec2<f32> {
  addRows(local, value);
  for (var left = LANES; left > 1u;) {
    let kept = (left + 7u) / 8u;
    if (local < kept) { for (var other = local + kept; other < left; other += kept) { lanes[local] += lanes[other]; } }
    left = kept;
    workgroupBarrier();
  }
  let all = lanes[0];
  workgroupBarrier();
  return all;
}
fn momentsOf(at: Place, local: u32) -> Moments {
  var sum = 0.0;
  for (var c = at.lane; c < uniforms.members; c += LANES) {
    let added = offsetOf(at, c);
    for (var p = at.row; p < uniforms.pixels; p += ROWS) { sum += x[at.first + p * uniforms.channels + c] + added; }
  }
  let centre = total(local, vec2<f32>(sum, 0.0)).x / f32(uniforms.pixels * uniforms.members);
  var part = vec2<f32>();
  for (var c = at.lane; c < uniforms.members; c += LANES) {
    let level = centre - offsetOf(at, c);
    for (var p = at.row; p < uniforms.pixels; p += ROWS) {
      let u = x[at.first + p * uniforms.channels + c] - level;
      part += vec2<f32>(u, u * u);
    }
  }
  let means = total(local, part) / f32(uniforms.pixels * uniforms.members);
  return Moments(centre, means.x, inverseSqrt(max(means.y - means.x * means.x, 0.0) + uniforms.epsilon));
}`
}
