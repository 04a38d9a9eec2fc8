/** At most this number, at least `min`, or within `min` and `max`; the limit itself included. */
export type Limit = number | { readonly min: number; readonly max?: number }

/** One promise of a part about its result: a measured value against its limit. */
export interface Bar {
  readonly name: string
  readonly value: number
  readonly limit: Limit
  readonly pass: boolean
}

/** A bar that holds where value ≤ limit. NaN never passes. */
export function atMost(name: string, value: number, limit: number): Bar {
  return { name, value, limit, pass: value <= limit }
}

/** A bar that holds where value ≥ limit. NaN never passes. */
export function atLeast(name: string, value: number, limit: number): Bar {
  return { name, value, limit: { min: limit }, pass: value >= limit }
}

/** A bar that holds where |value − target| ≤ tolerance. NaN never passes. */
export function within(name: string, value: number, target: number, tolerance: number): Bar {
  const limit = { min: tidied(target - tolerance), max: tidied(target + tolerance) }
  return { name, value, limit, pass: value >= limit.min && value <= limit.max }
}

/** A limit as people read it: `≤ 0.05`, `≥ 0.8`, `0.48 … 0.52`; `none to be had` where it is NaN, which nothing meets. */
export function limitText(limit: Limit): string {
  if (Number.isNaN(typeof limit === 'number' ? limit : limit.min)) return 'none to be had'
  if (typeof limit === 'number') return `≤ ${shortNumber(limit)}`
  return limit.max === undefined ? `≥ ${shortNumber(limit.min)}` : `${shortNumber(limit.min)} … ${shortNumber(limit.max)}`
}

/** Four significant digits, without trailing zeros. */
export const shortNumber = (value: number) => String(Number(value.toPrecision(4)))

/** Without the last digits, where 0.1 + 0.2 is not 0.3. */
const tidied = (value: number) => Number(value.toPrecision(12))
