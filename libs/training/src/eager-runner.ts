import { InvalidArgumentError, ShapeError } from '@sbgm/sde-core'
import { dispose, tensor, tensor1d, tidy, type Tensor, type Tensor1D } from '@tensorflow/tfjs-core'
import type { ParameterLayout } from './flat-parameters'
import { sizeOf } from './host-array'
import { inOrder } from './in-order'
import type { BatchArray, RunningStep, StepRunner, TrainingVectors } from './step-runner'
import type { TrainingTensors, TrainStep } from './train-step'

/**
 * Runs a step eagerly on the active TensorFlow.js backend.
 *
 * Between steps a run holds its four tensors there, and nothing else. Its `begin` rejects with ShapeError for a vector of another length
 * than the layout's; its `run` with InvalidArgumentError or ShapeError, naming the array, for a batch of anything but typed float arrays
 * that fill their shapes, and with what the step throws.
 *
 * @param step - from `trainStep`
 * @returns a runner that holds no tensors itself
 */
export function eagerRunner(step: TrainStep): StepRunner {
  return Object.freeze<StepRunner>({
    name: 'eager',
    step,
    async begin(vectors) {
      checkVectors(vectors, step.layout)
      return running(step, vectors)
    },
  })
}

function running(step: TrainStep, vectors: TrainingVectors): RunningStep {
  let tensors: TrainingTensors | undefined = tensorsOf(vectors)
  const inTurn = inOrder()
  const held = (): TrainingTensors => {
    if (tensors === undefined) throw new Error('A run must not have ended; this one has, and its tensors are freed. Begin another.')
    return tensors
  }
  return Object.freeze<RunningStep>({
    run: (batch, rates) =>
      inTurn(async () => {
        const before = held()
        const result = tidy(() => {
          const inputs = Object.fromEntries(Object.entries(batch).map(([name, array]) => [name, batchTensor(name, array)]))
          return step.run(before, inputs, tensor1d([...rates]))
        })
        try {
          const [[loss], [gradientNorm]] = await Promise.all([result.loss.data(), result.gradientNorm.data()])
          dispose(before)
          tensors = result.tensors
          return { loss, gradientNorm }
        } catch (error) {
          dispose(result.tensors) // the run goes on from those before
          throw error
        } finally {
          result.loss.dispose()
          result.gradientNorm.dispose()
        }
      }),
    read: () => inTurn(async () => vectorsOf(held())),
    end: () =>
      inTurn(async () => {
        if (tensors !== undefined) dispose(tensors)
        tensors = undefined
      }),
  })
}

function checkVectors(vectors: TrainingVectors, { total }: ParameterLayout): void {
  for (const name of ['parameters', 'average', 'first', 'second'] as const) {
    if (vectors[name].length !== total) throw new ShapeError(`vectors.${name}`, [total], [vectors[name].length])
  }
}

/** Copies on the backend: a tensor may keep the array that it is made of. */
const tensorsOf = (vectors: TrainingVectors): TrainingTensors =>
  tidy(() => {
    const copy = (vector: Float32Array) => tensor1d(vector.slice())
    return { parameters: copy(vectors.parameters), average: copy(vectors.average), first: copy(vectors.first), second: copy(vectors.second) }
  })

/** Copies on the host: a backend may hand out the array that it keeps. */
async function vectorsOf(tensors: TrainingTensors): Promise<TrainingVectors> {
  const copy = async (vector: Tensor1D) => new Float32Array(await vector.data())
  const [parameters, average, first, second] = await Promise.all([tensors.parameters, tensors.average, tensors.first, tensors.second].map(copy))
  return { parameters, average, first, second }
}

/** An array of a batch on the backend. */
function batchTensor(name: string, { data, shape }: BatchArray): Tensor {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) {
    throw new InvalidArgumentError(`batch.${name}.data`, data, 'a Float32Array or a Float64Array')
  }
  if (sizeOf(shape) !== data.length) throw new ShapeError(`batch.${name} with ${data.length} numbers`, 'of that many numbers', shape)
  return tensor(data instanceof Float32Array ? data : Float32Array.from(data), [...shape])
}
