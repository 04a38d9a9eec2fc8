/** Every entry is a finite number. @throws {RangeError} naming the first that is not. */
export function checkFinite(name: string, values: ArrayLike<number>): void {
  if (values === null || typeof values !== 'object' || typeof values.length !== 'number') {
    throw new TypeError(`${name} must be an array of numbers; got ${describe(values)}. Pass a typed array, such as a Float64Array.`)
  }
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (typeof value !== 'number') {
      throw new TypeError(`${name} must hold numbers; got ${describe(value)} at index ${i}. Convert it before drawing.`)
    }
    if (!Number.isFinite(value)) {
      throw new RangeError(`${name} must be finite; got ${value} at index ${i}. Drop or mask such points before drawing.`)
    }
  }
}

/** The array has the length that the other arguments ask for. @throws {RangeError} with `rule`, both lengths and `remedy`. */
export function checkLength(name: string, values: ArrayLike<number>, expected: number, rule: string, remedy: string): void {
  if (values.length !== expected) {
    throw new RangeError(`${name} must hold ${rule} = ${expected} values; got ${values.length}. ${remedy}`)
  }
}

/** Finite and strictly increasing, with at least `least` entries. @throws {RangeError} naming the first pair that is not. */
export function checkIncreasing(name: string, values: ArrayLike<number>, least = 2): void {
  checkFinite(name, values)
  if (values.length < least) {
    throw new RangeError(`${name} must hold at least ${least} values; got ${values.length}. Pass the whole axis.`)
  }
  for (let i = 1; i < values.length; i++) {
    if (!(values[i] > values[i - 1])) {
      throw new RangeError(
        `${name} must increase strictly; got ${values[i - 1]} then ${values[i]} at index ${i}. Sort it and remove repeats.`,
      )
    }
  }
}

/** A finite pair, low below high. @throws {RangeError} with the pair. */
export function checkInterval(name: string, interval: readonly [number, number]): void {
  const [low, high] = interval
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high)) {
    throw new RangeError(`${name} must be [low, high], finite, with low < high; got [${low}, ${high}]. Give it in that order.`)
  }
}

/** A finite number above zero. @throws {RangeError} with the value. */
export function checkPositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new RangeError(`${name} must be a positive finite number; got ${describe(value)}. Leave it out for the default.`)
  }
}

/** One of the names allowed. @throws {RangeError} that lists them. */
export function checkOneOf<Name extends string>(argument: string, value: Name, allowed: readonly Name[]): void {
  if (!allowed.includes(value)) {
    throw new RangeError(`${argument} must be one of ${allowed.join(', ')}; got ${describe(value)}. Choose one of them.`)
  }
}

function describe(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}
