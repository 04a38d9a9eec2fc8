import { HostTensorError } from './host-tensor-error'
import { describeForm, type TensorForm } from './host-tensor'

/** One tensor of a session's state: after a run the output's numbers are the next run's input, without leaving the worker. */
export interface StateLink {
  /** Name of the model's input. */
  readonly input: string
  /** Name of the model's output; of the same form as the input. */
  readonly output: string
}

/**
 * Checks that each link joins an input and an output of one element type and one fixed shape, and that no name is used twice:
 * the two arrays behind a link take turns, so they must be interchangeable.
 *
 * @throws {HostTensorError} for the first link that does not, naming the input or output that is at fault.
 */
export function checkStateLinks(
  state: readonly StateLink[], inputs: Readonly<Record<string, TensorForm>>, outputs: Readonly<Record<string, TensorForm>>,
): void {
  const seen = { input: new Set<string>(), output: new Set<string>() }
  for (const link of state) {
    for (const end of ['input', 'output'] as const) {
      if (seen[end].has(link[end])) throw new HostTensorError(link[end], `Each state must have an ${end} of its own; '${link[end]}' is linked twice.`)
      seen[end].add(link[end])
    }
    const [from, to] = [outputs[link.output], inputs[link.input]]
    if (from === undefined || to === undefined) {
      const [end, names] = from === undefined ? ['output', outputs] as const : ['input', inputs] as const
      throw new HostTensorError(link[end], `A state's ${end} must be one of the model's (${Object.keys(names).join(', ')}); got '${link[end]}'.`)
    }
    if (describeForm(from) !== describeForm(to) || to.shape.some((length) => typeof length === 'string')) {
      throw new HostTensorError(link.input, `A state's input and output must be of one form with fixed axes; got input '${link.input}', ${describeForm(to)}, ` +
        `and output '${link.output}', ${describeForm(from)}.`)
    }
  }
}
