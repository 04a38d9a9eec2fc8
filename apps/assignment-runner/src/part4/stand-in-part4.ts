import type { Dataset } from '@sbgm/datasets'
import type { Compute } from '../compute/compute'
import { quietContext } from '../judges/stand-in-judges'
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
