/** How far a Simpson panel is halved at most: a jump is then confined to 2⁻⁵⁰ of the panel. */
const deepestHalving = 50

/** Error per unit of width that rounding leaves in values up to 1 in size; asking for less would halve panels for ever. */
const roundingError = 2 ** -50

/**
 * ∫_a^b f, for |f| ≤ 1, by Simpson's rule, halving each panel until the halves agree with the whole to 15 · tolerance (their difference
 * is then about 15 times the error that remains), with Richardson's correction.
 *
 * @param tolerance absolute error allowed on the whole interval; never less than rounding leaves anyway.
 */
export function integrate(f: (x: number) => number, a: number, b: number, tolerance: number): number {
  if (!(b > a)) return 0
  const panel = (left: Point, middle: Point, right: Point, allowed: number, halvings: number): number => {
    const width = right.x - left.x
    const firstMiddle = pointOf(f, (left.x + middle.x) / 2)
    const secondMiddle = pointOf(f, (middle.x + right.x) / 2)
    const whole = (width / 6) * (left.y + 4 * middle.y + right.y)
    const halves = (width / 12) * (left.y + 4 * firstMiddle.y + 2 * middle.y + 4 * secondMiddle.y + right.y)
    const difference = halves - whole
    const resolvable = firstMiddle.x > left.x && secondMiddle.x < right.x // not once neighbouring floating-point numbers are reached
    if (Math.abs(difference) <= 15 * allowed || halvings === 0 || !resolvable) return halves + difference / 15
    return (
      panel(left, firstMiddle, middle, allowed / 2, halvings - 1) +
      panel(middle, secondMiddle, right, allowed / 2, halvings - 1)
    )
  }
  return panel(pointOf(f, a), pointOf(f, (a + b) / 2), pointOf(f, b), Math.max(tolerance, roundingError * (b - a)), deepestHalving)
}

interface Point {
  readonly x: number
  readonly y: number
}

const pointOf = (f: (x: number) => number, x: number): Point => ({ x, y: f(x) })
