/*
 * The keyed noise as a WebAssembly kernel, in AssemblyScript: four Philox4x32-10 blocks at a time, then the normal
 * quantile two numbers at a time. It makes the very numbers of philox.ts and normal-quantile.ts: each SIMD lane is
 * plain IEEE arithmetic.
 *
 * It works on chunks in its own memory, small enough to stay in the first-level cache: `uniforms` fills a chunk,
 * `normals` turns it into quantiles in place, `singles` rounds it to float32. Compiled by
 * tools/build-noise-kernel.mjs.
 */
import * as c from './quantile-coefficients'

/** Most blocks that one call of `uniforms` may make; a block is two numbers. */
export const CHUNK_BLOCKS: u32 = 512

/** The chunk, as float64 and as float32; with room behind it, since work is done four numbers at a time. */
export const NUMBERS = memory.data(8 * (2 * CHUNK_BLOCKS + 8), 16)
export const SINGLES = memory.data(4 * (2 * CHUNK_BLOCKS + 8), 16)

/**
 * q = u − ½ of the numbers in the tails, the addresses they came from, and an address for the lane left over by an
 * odd number of them.
 */
const TAIL_Q = memory.data(8 * (2 * CHUNK_BLOCKS + 8), 16)
const TAIL_PLACE = memory.data(4 * (2 * CHUNK_BLOCKS + 8), 16)
const NOWHERE = memory.data(8, 16)

/** Coefficients of a ratio of two polynomials of degree 7, highest power first: numerator and denominator in turn. */
const CENTRAL = memory.data<f64>([
  c.A7, c.B7, c.A6, c.B6, c.A5, c.B5, c.A4, c.B4, c.A3, c.B3, c.A2, c.B2, c.A1, c.B1, c.A0, 1.0,
])
const NEAR_TAIL = memory.data<f64>([
  c.C7, c.D7, c.C6, c.D6, c.C5, c.D5, c.C4, c.D4, c.C3, c.D3, c.C2, c.D2, c.C1, c.D1, c.C0, 1.0,
])
const FAR_TAIL = memory.data<f64>([
  c.E7, c.F7, c.E6, c.F6, c.E5, c.F5, c.E4, c.F4, c.E3, c.F3, c.E2, c.F2, c.E1, c.F1, c.E0, 1.0,
])
/** Coefficients of the series of the logarithm, highest power first. */
const LOGARITHM = memory.data<f64>([c.L9, c.L8, c.L7, c.L6, c.L5, c.L4, c.L3, c.L2, c.L1, 1.0])

/**
 * Fills the chunk with uniforms in the open interval (0, 1), the numbers of `blocks` consecutive blocks from block
 * `block` of sample `sample` on. A sample of odd size drops the second number of its last block.
 *
 * @returns how many numbers that made, those of up to three more blocks included: the last group of four is made whole
 */
export function uniforms(
  k0: u32,
  k1: u32,
  block: u32,
  sample: u32,
  step: u32,
  draw: u32,
  sampleSize: u32,
  blocks: u32,
): u32 {
  const perSample: u32 = (sampleSize >>> 1) + (sampleSize & 1)
  const after1 = block + 1
  const after2 = block + 2
  const after3 = block + 3
  let elements = i32x4(block % perSample, after1 % perSample, after2 % perSample, after3 % perSample)
  let samples = i32x4(block / perSample, after1 / perSample, after2 / perSample, after3 / perSample)
  samples = i32x4.add(samples, i32x4.splat(sample))
  const blockStride = i32x4.splat(4 % perSample)
  const sampleStride = i32x4.splat(4 / perSample)
  const wrap = i32x4.splat(perSample)
  const last = i32x4.splat(perSample - 1)
  const single = sampleSize == 1
  const odd = (sampleSize & 1) != 0

  const m0 = i32x4.splat(0xd2511f53)
  const m1 = i32x4.splat(0xcd9e8d57)
  const w0 = i32x4.splat(0x9e3779b9)
  const w1 = i32x4.splat(0xbb67ae85)
  const key0 = i32x4.splat(k0)
  const key1 = i32x4.splat(k1)
  const steps = i32x4.splat(step)
  const draws = i32x4.splat(draw)

  let out = NUMBERS
  for (let made: u32 = 0; made < blocks; made += 4) {
    let x0 = elements, x1 = samples, x2 = steps, x3 = draws, r0 = key0, r1 = key1
    for (let round = 0; round < 10; round++) {
      const p0 = i64x2.extmul_low_i32x4_u(x0, m0)
      const p1 = i64x2.extmul_high_i32x4_u(x0, m0)
      const p2 = i64x2.extmul_low_i32x4_u(x2, m1)
      const p3 = i64x2.extmul_high_i32x4_u(x2, m1)
      x0 = v128.xor(v128.shuffle<i32>(p2, p3, 1, 3, 5, 7), v128.xor(x1, r0))
      x1 = v128.shuffle<i32>(p2, p3, 0, 2, 4, 6)
      x2 = v128.xor(v128.shuffle<i32>(p0, p1, 1, 3, 5, 7), v128.xor(x3, r1))
      x3 = v128.shuffle<i32>(p0, p1, 0, 2, 4, 6)
      r0 = i32x4.add(r0, w0)
      r1 = i32x4.add(r1, w1)
    }
    const first01 = unit(v128.shuffle<i32>(x0, x1, 0, 4, 1, 5))
    const first23 = unit(v128.shuffle<i32>(x0, x1, 2, 6, 3, 7))
    if (single) {
      v128.store(out, first01)
      v128.store(out, first23, 16)
      out += 32
    } else {
      const second01 = unit(v128.shuffle<i32>(x2, x3, 0, 4, 1, 5))
      const second23 = unit(v128.shuffle<i32>(x2, x3, 2, 6, 3, 7))
      const pair0 = v128.shuffle<i64>(first01, second01, 0, 2)
      const pair1 = v128.shuffle<i64>(first01, second01, 1, 3)
      const pair2 = v128.shuffle<i64>(first23, second23, 0, 2)
      const pair3 = v128.shuffle<i64>(first23, second23, 1, 3)
      // The pair of a sample's last block is cut short by storing the next one over its second half.
      const cut = odd ? i32x4.bitmask(i32x4.eq(elements, last)) << 3 : 0
      v128.store(out, pair0)
      out += 16 - (cut & 8)
      v128.store(out, pair1)
      out += 16 - ((cut >>> 1) & 8)
      v128.store(out, pair2)
      out += 16 - ((cut >>> 2) & 8)
      v128.store(out, pair3)
      out += 16 - ((cut >>> 3) & 8)
    }
    const next = i32x4.add(elements, blockStride)
    const wrapped = i32x4.ge_u(next, wrap)
    elements = i32x4.sub(next, v128.and(wrapped, wrap))
    samples = i32x4.sub(i32x4.add(samples, sampleStride), wrapped)
  }
  return <u32>((out - NUMBERS) >>> 3)
}

/** (2k + 1) / 2⁵³ of the upper 52 bits k of each 64-bit lane. */
// @ts-ignore: decorator
@inline
function unit(word: v128): v128 {
  const fraction = v128.or(i64x2.shr_u(word, 12), i64x2.splat(0x3ff0000000000000))
  return f64x2.sub(fraction, f64x2.splat(0.99999999999999988898))
}

/** One step of Horner's rule. */
// @ts-ignore: decorator
@inline
function horner(sum: v128, r: v128, coefficient: usize): v128 {
  return f64x2.add(f64x2.mul(sum, r), v128.load64_splat(coefficient))
}

/** The ratio of polynomials in r whose coefficients stand at `table`. */
// @ts-ignore: decorator
@inline
function ratio(r: v128, table: usize): v128 {
  let above = v128.load64_splat(table)
  let below = v128.load64_splat(table, 8)
  for (let at = table + 16; at < table + 128; at += 16) {
    above = horner(above, r, at)
    below = horner(below, r, at + 8)
  }
  return f64x2.div(above, below)
}

/**
 * −ln p: the exponent becomes a float64 through the bits of 2⁵² + exponent, the mantissa in [√½, √2) goes into the
 * series.
 */
// @ts-ignore: decorator
@inline
function minusLog(p: v128): v128 {
  const rootHalf = i64x2.splat(0x3fe6a09e00000000)
  const shifted = i64x2.add(i64x2.sub(p, rootHalf), i64x2.splat(0x3ff0000000000000))
  const biased = v128.or(i64x2.shr_u(shifted, 52), i64x2.splat(0x4330000000000000))
  const exponent = f64x2.sub(biased, f64x2.splat(4503599627371519.0)) // 2⁵² + 1023
  const mantissa = i64x2.add(v128.and(shifted, i64x2.splat(0x000fffffffffffff)), rootHalf)
  const s = f64x2.div(f64x2.sub(mantissa, f64x2.splat(1)), f64x2.add(mantissa, f64x2.splat(1)))
  const t = f64x2.mul(s, s)
  let series = v128.load64_splat(LOGARITHM)
  for (let at = LOGARITHM + 8; at < LOGARITHM + 80; at += 8) series = horner(series, t, at)
  return f64x2.sub(f64x2.mul(f64x2.neg(exponent), f64x2.splat(c.LN2)), f64x2.mul(f64x2.add(s, s), series))
}

/**
 * Turns the first `count` uniforms of the chunk into standard normals, in place. All go through the central formula;
 * those that belong to the tails, 15 %, are listed without a branch and done once more.
 */
export function normals(count: u32): void {
  const half = f64x2.splat(0.5)
  const end = NUMBERS + (<usize>count << 3)
  let tails: usize = 0
  for (let at = NUMBERS; at < end; at += 16) {
    const q = f64x2.sub(v128.load(at), half)
    v128.store(at, f64x2.mul(q, ratio(f64x2.sub(f64x2.splat(c.CENTRAL_SHIFT), f64x2.mul(q, q)), CENTRAL)))
    const beyond = i64x2.bitmask(f64x2.gt(f64x2.abs(q), f64x2.splat(c.CENTRAL_HALF_WIDTH)))
    v128.store_lane<f64>(TAIL_Q + (tails << 3), q, 0)
    store<u32>(TAIL_PLACE + (tails << 2), <u32>at)
    tails += beyond & 1
    v128.store_lane<f64>(TAIL_Q + (tails << 3), q, 1)
    store<u32>(TAIL_PLACE + (tails << 2), <u32>at + 8)
    tails += beyond >>> 1
  }
  store<f64>(TAIL_Q + (tails << 3), 0.45)
  store<u32>(TAIL_PLACE + (tails << 2), <u32>NOWHERE)
  for (let tail: usize = 0; tail < tails; tail += 2) {
    const q = v128.load(TAIL_Q + (tail << 3))
    const root = f64x2.sqrt(minusLog(f64x2.sub(half, f64x2.abs(q))))
    let z = ratio(f64x2.sub(root, f64x2.splat(c.NEAR_SHIFT)), NEAR_TAIL)
    const far = f64x2.gt(root, f64x2.splat(c.FAR_SHIFT))
    if (v128.any_true(far)) z = v128.bitselect(ratio(f64x2.sub(root, f64x2.splat(c.FAR_SHIFT)), FAR_TAIL), z, far)
    z = v128.or(z, v128.and(q, f64x2.splat(-0.0)))
    v128.store_lane<f64>(load<u32>(TAIL_PLACE + (tail << 2)), z, 0)
    v128.store_lane<f64>(load<u32>(TAIL_PLACE + (tail << 2), 4), z, 1)
  }
}

/** Rounds the first `count` numbers of the chunk to float32, at most `ceiling`. */
export function singles(count: u32, ceiling: f32): void {
  const end = SINGLES + (<usize>count << 2)
  const cap = f32x4.splat(ceiling)
  for (let at = SINGLES, from = NUMBERS; at < end; at += 16, from += 32) {
    const low = f32x4.demote_f64x2_zero(v128.load(from))
    const high = f32x4.demote_f64x2_zero(v128.load(from, 16))
    v128.store(at, f32x4.pmin(v128.shuffle<i64>(low, high, 0, 2), cap))
  }
}
