/** What a step reported. */
export interface StepReport {
  /** The step, from 1. */
  readonly step: number
  /** Its loss. */
  readonly loss: number
  /** The norm of its gradient. */
  readonly gradientNorm: number
}

/** The loss or its gradient became NaN or infinite; says in which step. */
export class NonFiniteLossError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'NonFiniteLossError'
  /** The step in which it happened, from 1. */
  readonly step: number
  /** The loss of that step. */
  readonly loss: number
  /** The norm of that step's gradient. */
  readonly gradientNorm: number

  /** @param report - what the step reported */
  constructor({ step, loss, gradientNorm }: StepReport) {
    const what = Number.isFinite(loss) ? `the norm of its gradient became ${gradientNorm}` : `it became ${loss}`
    super(
      `The loss and its gradient must stay finite; ${what} in step ${step}. ` +
        'Lower the learning rate, clip gradients harder, or raise tMin of the training times.',
    )
    this.step = step
    this.loss = loss
    this.gradientNorm = gradientNorm
    Object.defineProperty(this, Symbol.for('@sbgm/error/NonFiniteLossError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is NonFiniteLossError {
    return typeof error === 'object' && error !== null && Symbol.for('@sbgm/error/NonFiniteLossError') in error
  }
}
