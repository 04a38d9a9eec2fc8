import { InvalidArgumentError, MissingGradientError, ShapeError, type Times } from '@sbgm/sde-core'
import { cast, getGradient, grad, logSoftmax, mul, oneHot, sum, tensor1d, tidy, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'

/**
 * ∇_x ln p_t(y | x) at x, shape (batch, …), and times t, shape (batch,), for labels y that it knows: a new state of x's shape, owned by
 * the caller. Sample i's depends on sample i alone.
 */
export type LabelGradient<X = Tensor> = (x: X, t: Times) => X | Promise<X>

/** A classifier of noisy samples: the logits of p_t(y | x), shape (batch, classes), of x, shape (batch, …), and times t, shape (batch,). */
export type NoisyLogits = (x: Tensor, t: Tensor1D) => Tensor2D

/** What {@link labelLogProbabilityGradient} has to know of a classifier before it is asked. */
export interface LabelGradientOptions {
  /** Number of classes: of logits per sample. */
  readonly classes: number
}

/**
 * ∇_x Σ_i ln softmax(logits(x, t))_i,label(i) as a pure function of tensors: one forward and one backward pass for the whole batch,
 * whose samples do not interact as long as the classifier's do not (no batch normalisation).
 *
 * It reads nothing back and draws nothing, so a compiler such as `compile` of `@sbgm/onnx` can trace it; then the classifier's
 * parameters are inputs too. It differentiates `logits` once.
 *
 * @param logits - the classifier
 * @returns a function of x, t, shape (batch,), and labels, shape (batch,), integers as int32 or float32, which returns a new tensor of
 * x's shape, owned by the caller; a label that is no class counts as none, with gradient 0
 * @throws MissingGradientError, from the function that is returned, where TensorFlow.js has no gradients registered.
 * @see Dhariwal and Nichol 2021, arXiv:2105.05233, algorithm 1.
 */
export function logProbabilityGradient(logits: NoisyLogits): (x: Tensor, t: Tensor1D, labels: Tensor1D) => Tensor {
  return (x, t, labels) => {
    if (getGradient('Multiply') === undefined) throw new MissingGradientError('Multiply')
    return tidy(() => {
      const failures: unknown[] = []
      const gradient = grad((y) => {
        try {
          const values = logits(y, t)
          // one-hot rather than a gather, whose gradient tfjs's own wasm kernels lack
          return sum(mul(oneHot(cast(labels, 'int32'), values.shape[1]), logSoftmax(values)))
        } catch (error) {
          failures.push(error)
          return sum(y) // tfjs frees what it remembers for the backward pass at the end of one only
        }
      })(x)
      if (failures.length > 0) throw failures[0]
      return gradient
    })
  }
}

/**
 * {@link logProbabilityGradient} for given labels, run eagerly: the gradient that {@link classifier} wants of a TensorFlow.js classifier.
 *
 * @param logits - the classifier; what it closes over must stay alive
 * @param labels - the class to guide to: one for all samples, or one for each, copied
 * @param options - the number of classes
 * @returns a function that makes nothing but the gradient itself; it throws ShapeError for a batch of another size than a list of
 * labels and for logits of another shape than (batch, classes), and MissingGradientError where no gradients are registered
 * @throws InvalidArgumentError for a label that is no integer from 0 to classes − 1, before any work.
 */
export function labelLogProbabilityGradient(
  logits: NoisyLogits,
  labels: number | ArrayLike<number>,
  { classes }: LabelGradientOptions,
): LabelGradient<Tensor> {
  if (!(Number.isInteger(classes) && classes >= 1)) throw new InvalidArgumentError('classes', classes, 'an integer of at least 1')
  const labelsOf = labelList(labels, classes)
  const gradient = logProbabilityGradient((x, t) => {
    const values = logits(x, t)
    if (values.shape.length !== 2 || values.shape[0] !== t.shape[0] || values.shape[1] !== classes) {
      throw new ShapeError("the classifier's logits", [t.shape[0], classes], values.shape)
    }
    return values
  })
  return (x, t) => {
    const wanted = labelsOf(x.shape[0])
    return tidy(() => gradient(x, tensor1d(Float32Array.from(t)), tensor1d(wanted, 'int32')))
  }
}

/**
 * The labels of a batch, from one for all samples or one for each.
 *
 * @throws InvalidArgumentError for a label that is no class; the function that is returned, ShapeError for another batch.
 */
export function labelList(labels: number | ArrayLike<number>, classes: number): (batch: number) => Int32Array {
  const list: readonly number[] = typeof labels === 'number' ? [labels] : Array.from(labels)
  for (const label of list) {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new InvalidArgumentError('label', label, `an integer from 0 to ${classes - 1}, a class that the model knows`)
    }
  }
  return (batch) => {
    if (typeof labels === 'number') return new Int32Array(batch).fill(labels)
    if (list.length !== batch) throw new ShapeError('labels', [batch], [list.length])
    return Int32Array.from(list)
  }
}
