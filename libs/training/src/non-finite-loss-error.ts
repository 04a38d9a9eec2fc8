/** What a step reported. */
export interface StepReport {
  /** The step, from 1. */
  readonly step: number
  /** Its loss. */
  readonly loss: number
  /** The norm of its gradient. */
  readonly gradientNorm: number
  /** The last good checkpoint: the path of its file. Unset where none is known. */
  readonly checkpoint?: string | undefined
}

/** The loss or its gradient became NaN or infinite; says in which step, and which checkpoint is the last good one. */
export class NonFiniteLossError extends Error {
  /** The class's name, as stack traces print it; to tell errors apart use `isInstance`. */
  override readonly name = 'NonFiniteLossError'
  /** The step in which it happened, from 1. */
  readonly step: number
  /** The loss of that step. */
  readonly loss: number
  /** The norm of that step's gradient. */
  readonly gradientNorm: number
  /** The last good checkpoint: the path of its file. `undefined` where none was saved or none is known. */
  readonly checkpoint: string | undefined

  /** @param report - what the step reported */
  constructor({ step, loss, gradientNorm, checkpoint }: StepReport) {
    const what = Number.isFinite(loss) ? `the norm of its gradient became ${gradientNorm}` : `it became ${loss}`
    super(
      `The loss and its gradient must stay finite; ${what} in step ${step}. ` +
        'Lower the learning rate, clip gradients harder, or raise tMin of the training times.' +
        (checkpoint === undefined ? '' : ` The last good checkpoint is ${checkpoint}.`),
    )
    this.step = step
    this.loss = loss
    this.gradientNorm = gradientNorm
    this.checkpoint = checkpoint
    Object.defineProperty(this, Symbol.for('@sbgm/error/NonFiniteLossError'), { value: true })
  }

  /** True for an error of this class, whichever copy of the package threw it. */
  static isInstance(error: unknown): error is NonFiniteLossError {
    return typeof error === 'object' && error !== null && Symbol.for('@sbgm/error/NonFiniteLossError') in error
  }
}
