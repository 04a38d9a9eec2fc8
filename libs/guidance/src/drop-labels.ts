import { checkLabels, fillUniform, InvalidArgumentError } from '@sbgm/sde-core'

/** Settings of {@link dropLabels}. */
export interface DropLabelsOptions {
  /** Probability with which a label is replaced by "no label", in [0, 1]; the paper takes 0.1 to 0.5. */
  readonly probability: number
  /** Number of classes; the label of that number means "no label". */
  readonly classes: number
  /** The run's seed, a safe integer of at least 0. */
  readonly seed: number
  /** Number of the training step: another draw for each. */
  readonly step: number
  /** Index of the first sample: what happens to a sample does not depend on the batch that it is in. @defaultValue 0 */
  readonly firstSample?: number
}

/**
 * Labels for one training step of a network that is to know both p_t(x | label) and p_t(x), as {@link classifierFree} needs it: each is
 * replaced by "no label" with the given probability, a function of seed, step and the sample's index.
 *
 * @param labels - one per sample, integers from 0 to `classes`, shape (batch,); not changed
 * @returns a new array of shape (batch,); float32, as training batches hold their arrays
 * @throws InvalidArgumentError for a label or a probability that breaks its rule, or a seed or step that no noise can be keyed by.
 * @see Ho and Salimans 2022, arXiv:2207.12598, algorithm 1.
 * @example
 * ```ts
 * import { dropLabels } from '@sbgm/guidance'
 *
 * console.log(dropLabels([3, 1, 4, 1, 5], { probability: 0.5, classes: 10, seed: 0, step: 1 }))
 * ```
 */
export function dropLabels(labels: ArrayLike<number>, { probability, classes, seed, step, firstSample = 0 }: DropLabelsOptions): Float32Array {
  if (!(probability >= 0 && probability <= 1)) throw new InvalidArgumentError('probability', probability, 'from 0 to 1')
  if (!(Number.isInteger(classes) && classes >= 1)) throw new InvalidArgumentError('classes', classes, 'an integer of at least 1')
  checkLabels(labels, { classes, batch: labels.length })
  const chance = new Float64Array(labels.length)
  fillUniform(chance, 1, { seed, stream: 'training/label', step, firstSample, draw: 0 })
  return Float32Array.from(chance, (u, i) => (u < probability ? classes : labels[i]))
}
