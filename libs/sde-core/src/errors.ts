/** What every error of this library carries so that `isInstance` works across duplicate copies of the package. */
const marker = (name: string) => Symbol.for(`@sbgm/error/${name}`)

const carries = (error: unknown, symbol: symbol): boolean =>
  typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[symbol] === true

/** How a value looks in a message: short, on one line, text in quotes. */
const shown = (value: unknown): string => {
  if (typeof value === 'string') return `'${value}'`
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined) return `${value}`
  if (typeof value === 'function') return 'a function'
  if (ArrayBuffer.isView(value) || Array.isArray(value)) {
    const items = Array.from(value as ArrayLike<unknown>)
    return `[${items.slice(0, 8).map(shown).join(', ')}${items.length > 8 ? `, … ${items.length} in all` : ''}]`
  }
  return typeof value === 'object' ? 'an object' : String(value)
}

/** An argument broke its rule. The message reads `<argument> must be <rule>; got <value>.` */
export class InvalidArgumentError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'InvalidArgumentError'
  /** The argument's name as the caller wrote it. */
  readonly argument: string
  /** What was given. */
  readonly value: unknown

  /**
   * @param argument - the argument's name
   * @param value - what was given
   * @param rule - what is allowed, worded to follow "must be"; may end in a remedy
   */
  constructor(argument: string, value: unknown, rule: string) {
    super(`${argument} must be ${rule}; got ${shown(value)}.`)
    this.argument = argument
    this.value = value
    Object.defineProperty(this, marker('InvalidArgumentError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is InvalidArgumentError {
    return carries(error, marker('InvalidArgumentError'))
  }
}

/** A state, tensor or array has another shape than the one that is needed. */
export class ShapeError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'ShapeError'
  /** The shape that is needed, with names for free axes, such as `(batch, 1)`. */
  readonly expected: string
  /** The shape that was given. */
  readonly actual: readonly number[]

  /**
   * @param what - whose shape it is
   * @param expected - the needed shape in words or numbers
   * @param actual - the given shape
   */
  constructor(what: string, expected: string | readonly number[], actual: readonly number[]) {
    const needed = typeof expected === 'string' ? expected : `(${expected.join(', ')})`
    super(`${what} must have shape ${needed}; got (${actual.join(', ')}).`)
    this.expected = needed
    this.actual = actual
    Object.defineProperty(this, marker('ShapeError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is ShapeError {
    return carries(error, marker('ShapeError'))
  }
}

/** Where a non-finite number appeared. */
export interface NonFiniteLocation {
  /** Index of the step that made it, from 1. */
  readonly step: number
  /** The time at which that step began. */
  readonly t: number
  /** λ(t) = ln(α/σ) at that time. */
  readonly lambda: number
}

/** A state became NaN or infinite; says after which step, at which time and log signal-to-noise ratio λ. */
export class NonFiniteError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'NonFiniteError'
  /** Index of the step that made it, from 1. */
  readonly step: number
  /** The time at which that step began. */
  readonly t: number
  /** λ(t) = ln(α/σ) at that time. */
  readonly lambda: number

  /**
   * @param what - what became non-finite
   * @param location - where
   * @param remedy - what to try
   */
  constructor(what: string, { step, t, lambda }: NonFiniteLocation, remedy: string) {
    super(`${what} must stay finite; it became NaN or infinite in step ${step}, from t = ${t} (λ = ${lambda.toPrecision(6)}). ${remedy}`)
    this.step = step
    this.t = t
    this.lambda = lambda
    Object.defineProperty(this, marker('NonFiniteError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is NonFiniteError {
    return carries(error, marker('NonFiniteError'))
  }
}

/** TensorFlow.js has no gradients registered, so nothing can be trained or differentiated. */
export class MissingGradientError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'MissingGradientError'

  /** @param kernel - a kernel whose gradient is missing */
  constructor(kernel: string) {
    super(
      `Gradients must be registered before training; none was found for the kernel ${kernel}. ` +
        "Import '@tensorflow/tfjs-layers' (or '@tensorflow/tfjs') once, before the first gradient.",
    )
    Object.defineProperty(this, marker('MissingGradientError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is MissingGradientError {
    return carries(error, marker('MissingGradientError'))
  }
}
