import type { Dataset } from '@sbgm/datasets'
import type { Predictor } from '@sbgm/sde-core'
import { neg, tensor, zeros, type Tensor } from '@tensorflow/tfjs-core'
import type { Compute } from '../compute/compute'
import type { ImageSize } from '../judges/image-size'
import type { Judge } from '../judges/judge'
import { quietContext, tinyDigits, tinySettings } from '../judges/stand-in-judges'
import { judgeNetwork } from '../judges/train-judge'
import { outputFolder, type OutputFolder } from '../output-folder'
import type { PartContext } from '../part'

/** For tests: what of a run the functions of part 4 use. */
export interface StandInContext {
  /** Where OUT is. */
  readonly out: string
  /** The images. */
  readonly data: Dataset
  /** @defaultValue eager */
  readonly compute?: Compute
  /** A folder of an earlier run: then this one is resumed. */
  readonly earlier?: OutputFolder
  /** @defaultValue 1 */
  readonly seed?: number
  readonly signal?: AbortSignal
  readonly progress?: PartContext['progress']
}

/** For tests: a context of part 4 with a folder of its own. */
export function standInContext({ out, data, earlier, seed = 1, ...given }: StandInContext): PartContext {
  const folder = outputFolder({ out, name: 'part4', known: earlier?.files() ?? [] })
  return { ...quietContext(), folder, seed, resume: earlier !== undefined, profile: 'smoke', dataset: () => data, ...given } as unknown as PartContext
}

/** For tests: the score −x of data that are N(0, I), at every time of the VP SDE; never asked below 1e-3, as part 3's network. */
export const standardScore: Predictor<'score'> = { predicts: 'score', tMin: 1e-3, evaluate: (x) => neg(x) }

/** For tests: a judge of ten classes that says of each image what a function says. */
export function standInJudge(size: ImageSize, classOf: (image: Float32Array) => number): Judge {
  const network = judgeNetwork('ten-class', tinySettings, { ...tinyDigits().train, ...size })
  const bound = {
    async run({ x }: Readonly<Record<string, Tensor>>) {
      const values = (await x.data()) as Float32Array
      const [count, perImage] = [x.shape[0], values.length / x.shape[0]]
      const logits = new Float32Array(count * network.classes)
      for (let i = 0; i < count; i++) logits[i * network.classes + classOf(values.subarray(i * perImage, (i + 1) * perImage))] = 1
      return { logits: tensor(logits, [count, network.classes]), features: zeros([count, network.features]) }
    },
    close: () => Promise.resolve(),
  }
  return { kind: 'ten-class', network, params: {}, bound, sha256: '', size, classes: 10 }
}
