import { describeForm, type TensorForm } from './host-tensor'

/** One tensor of a session's state: after a run the output's numbers are the next run's input, without leaving the worker. */
export interface StateLink {
  /** Name of the model's input. */
  readonly input: string
  /** Name of the model's output; of the same form as the input. */
  readonly output: string
}

/** A link of a session's state does not fit the model. */
export class StateLinkError extends Error {
  /** Always `StateLinkError`, so that it is known across copies of the library. */
  override readonly name = 'StateLinkError'
  /** The link that does not fit. */
  readonly link: StateLink

  constructor(link: StateLink, message: string) {
    super(message)
    this.link = link
  }

  /** Whether something is a {@link StateLinkError}, also one of another copy of this library. */
  static isInstance(error: unknown): error is StateLinkError {
    return error instanceof Error && error.name === 'StateLinkError'
  }
}

/**
 * Checks that each link joins an input and an output of one element type and one fixed shape, and that no name is used twice:
 * the two arrays behind a link take turns, so they must be interchangeable.
 *
 * @throws {StateLinkError} for the first link that does not.
 */
export function checkStateLinks(
  state: readonly StateLink[], inputs: Readonly<Record<string, TensorForm>>, outputs: Readonly<Record<string, TensorForm>>,
): void {
  const seen = { input: new Set<string>(), output: new Set<string>() }
  for (const link of state) {
    for (const end of ['input', 'output'] as const) {
      if (seen[end].has(link[end])) throw new StateLinkError(link, `Each state must have an ${end} of its own; '${link[end]}' is linked twice.`)
      seen[end].add(link[end])
    }
    const [from, to] = [outputs[link.output], inputs[link.input]]
    if (from === undefined || to === undefined) {
      const [end, names] = from === undefined ? ['output', outputs] as const : ['input', inputs] as const
      throw new StateLinkError(link, `A state's ${end} must be one of the model's (${Object.keys(names).join(', ')}); got '${link[end]}'.`)
    }
    if (describeForm(from) !== describeForm(to) || to.shape.some((length) => typeof length === 'string')) {
      throw new StateLinkError(link, `A state's input and output must be of one form with fixed axes; got input '${link.input}', ${describeForm(to)}, ` +
        `and output '${link.output}', ${describeForm(from)}.`)
    }
  }
}
