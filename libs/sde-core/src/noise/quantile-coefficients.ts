/*
 * The constants of Wichura's AS 241 (PPND16) for the normal quantile z = Φ⁻¹(u), relative error about 1e-16 each.
 * Read by the TypeScript quantile and compiled into the WebAssembly kernel, so that both hold the same digits. See M.
 * J. Wichura 1988, "Algorithm AS 241: The percentage points of the normal distribution", Applied Statistics 37(3).
 */

/** Half-width of the central region: |u − ½| ≤ 0.425, which holds 85 % of the numbers. */
export const CENTRAL_HALF_WIDTH = 0.425
/** Centre of r = 0.425² − (u − ½)² in the central region. */
export const CENTRAL_SHIFT = 0.180625
/** Subtracted from r = √(−ln p) in the near tail, r ≤ 5. */
export const NEAR_SHIFT = 1.6
/** Where the near tail ends and the far tail begins (p = e⁻²⁵ ≈ 1.4e-11), and what is subtracted from r beyond. */
export const FAR_SHIFT = 5

/** Central region: numerator in r, z = q A(r) / B(r). */
export const
  A0 = 3.387132872796366608,
  A1 = 133.14166789178437745,
  A2 = 1971.5909503065514427,
  A3 = 13731.693765509461125,
  A4 = 45921.953931549871457,
  A5 = 67265.770927008700853,
  A6 = 33430.575583588128105,
  A7 = 2509.0809287301226727
/** Central region: denominator, B0 = 1. */
export const
  B1 = 42.313330701600911252,
  B2 = 687.1870074920579083,
  B3 = 5394.1960214247511077,
  B4 = 21213.794301586595867,
  B5 = 39307.89580009271061,
  B6 = 28729.085735721942674,
  B7 = 5226.495278852854561

/** Near tail: numerator in r − 1.6, |z| = C / D. */
export const
  C0 = 1.42343711074968357734,
  C1 = 4.6303378461565452959,
  C2 = 5.7694972214606914055,
  C3 = 3.64784832476320460504,
  C4 = 1.27045825245236838258,
  C5 = 0.24178072517745061177,
  C6 = 0.0227238449892691845833,
  C7 = 0.00077454501427834140764
/** Near tail: denominator, D0 = 1. */
export const
  D1 = 2.05319162663775882187,
  D2 = 1.6763848301838038494,
  D3 = 0.68976733498510000455,
  D4 = 0.14810397642748007459,
  D5 = 0.0151986665636164571966,
  D6 = 0.00054759380849953449460,
  D7 = 1.05075007164441684324e-9

/** Far tail: numerator in r − 5, |z| = E / F. */
export const
  E0 = 6.6579046435011037772,
  E1 = 5.4637849111641143699,
  E2 = 1.7848265399172913358,
  E3 = 0.29656057182850489123,
  E4 = 0.026532189526576123093,
  E5 = 0.0012426609473880784386,
  E6 = 0.0000271155556874348757815,
  E7 = 2.01033439929228813265e-7
/** Far tail: denominator, F0 = 1. */
export const
  F1 = 0.59983220655588793769,
  F2 = 0.13692988092273580531,
  F3 = 0.0148753612908506148525,
  F4 = 0.00078686913114561325910,
  F5 = 0.0000184631831751005468180,
  F6 = 1.42151175831644588870e-7,
  F7 = 2.04426310338993978564e-15

/**
 * ln m = 2 s (1 + s²/3 + s⁴/5 + …) with s = (m − 1)/(m + 1): the series, which for m in [√½, √2] ends below 1e-16
 * here.
 */
export const
  L1 = 0.33333333333333333,
  L2 = 0.2,
  L3 = 0.14285714285714286,
  L4 = 0.11111111111111111,
  L5 = 0.090909090909090909,
  L6 = 0.076923076923076923,
  L7 = 0.066666666666666667,
  L8 = 0.058823529411764706,
  L9 = 0.052631578947368421
/** ln 2. */
export const LN2 = 0.69314718055994530942
