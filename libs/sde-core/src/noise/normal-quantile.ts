import * as c from './quantile-coefficients'

/**
 * The standard normal quantile z = Φ⁻¹(u), by Wichura's AS 241 over a logarithm of our own. Only + − × ÷ and √ take
 * part, which IEEE 754 rounds alike everywhere: the same u gives the same bits in every JavaScript engine, unlike
 * with `Math.log`.
 *
 * @param u - a probability, 0 < u < 1; keyed noise makes odd multiples of 2⁻⁵³
 * @returns z, exactly odd about u = ½: the quantile of 1 − u is −z wherever 1 − u is exact
 * @see Wichura 1988, Applied Statistics 37(3), algorithm AS 241, routine PPND16.
 */
export function normalQuantile(u: number): number {
  const q = u - 0.5
  const magnitude = Math.abs(q)
  if (magnitude <= c.CENTRAL_HALF_WIDTH) return q * centralRatio(c.CENTRAL_SHIFT - q * q)
  const root = Math.sqrt(minusLog(0.5 - magnitude))
  const z = root <= c.FAR_SHIFT ? nearTail(root - c.NEAR_SHIFT) : farTail(root - c.FAR_SHIFT)
  return q < 0 ? -z : z
}

/** z / (u − ½) where r = 0.425² − (u − ½)² ≥ 0. */
function centralRatio(r: number): number {
  const above = ((((((c.A7 * r + c.A6) * r + c.A5) * r + c.A4) * r + c.A3) * r + c.A2) * r + c.A1) * r + c.A0
  const below = ((((((c.B7 * r + c.B6) * r + c.B5) * r + c.B4) * r + c.B3) * r + c.B2) * r + c.B1) * r + 1
  return above / below
}

/** |z| at r = √(−ln p) − 1.6, for the tail probability p between e⁻²⁵ and 0.075. */
function nearTail(r: number): number {
  const above = ((((((c.C7 * r + c.C6) * r + c.C5) * r + c.C4) * r + c.C3) * r + c.C2) * r + c.C1) * r + c.C0
  const below = ((((((c.D7 * r + c.D6) * r + c.D5) * r + c.D4) * r + c.D3) * r + c.D2) * r + c.D1) * r + 1
  return above / below
}

/** |z| at r = √(−ln p) − 5, for the tail probability p below e⁻²⁵. */
function farTail(r: number): number {
  const above = ((((((c.E7 * r + c.E6) * r + c.E5) * r + c.E4) * r + c.E3) * r + c.E2) * r + c.E1) * r + c.E0
  const below = ((((((c.F7 * r + c.F6) * r + c.F5) * r + c.F4) * r + c.F3) * r + c.F2) * r + c.F1) * r + 1
  return above / below
}

/** Upper words of the float64s √½ (where the mantissa's interval [√½, √2) begins) and 1. */
const ROOT_HALF = 0x3fe6a09e
const ONE = 0x3ff00000

const float = new DataView(new ArrayBuffer(8))

/** −ln p = −e ln 2 − ln m of a positive normal number p = 2^e m with m in [√½, √2). */
function minusLog(p: number): number {
  float.setFloat64(0, p)
  const shifted = float.getInt32(0) - ROOT_HALF + ONE
  float.setInt32(0, (shifted & 0xfffff) + ROOT_HALF)
  const exponent = (shifted >> 20) - 1023
  const mantissa = float.getFloat64(0)
  const s = (mantissa - 1) / (mantissa + 1)
  const t = s * s
  const upper = (((c.L9 * t + c.L8) * t + c.L7) * t + c.L6) * t + c.L5
  const series = ((((upper * t + c.L4) * t + c.L3) * t + c.L2) * t + c.L1) * t + 1
  return -exponent * c.LN2 - (s + s) * series
}
