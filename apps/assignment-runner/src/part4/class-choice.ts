import type { Dataset } from '@sbgm/datasets'
import { datasetTitle } from '../images/dataset-title'
import { UsageError } from '../errors'
import { nearestName } from '../nearest-name'
import { flagOf, type Profile, type RunOptions } from '../options'

/** The class that guidance asks for. */
export interface ClassChoice {
  /** Its number. */
  readonly index: number
  /** What people call it: `class 5`, or with the set's own name `class 5 (Sandal)`. */
  readonly title: string
  /** Whether a grid of all classes is asked for, too. */
  readonly all: boolean
}

/** The digit five; the sandals of Fashion-MNIST. */
const usual = 5

/**
 * The class that `--class` names, by number or name; where it names none, or `all`, the usual one.
 *
 * @throws {UsageError} for a class that the data set does not have, naming those that it has.
 */
export function classChoice({ class: given }: Pick<RunOptions, 'class'>, profile: Profile, { name, train: { classNames } }: Dataset): ClassChoice {
  const choice = (index: number, all: boolean): ClassChoice => {
    const called = classNames[index]
    return { index, title: called === String(index) ? `class ${index}` : `class ${index} (${called})`, all }
  }
  if (given === undefined) return choice(usual, profile === 'full')
  if (given.toLowerCase() === 'all') return choice(usual, true)
  const index = classNames.findIndex((called, i) => String(i) === given || called.toLowerCase() === given.toLowerCase())
  if (index >= 0) return choice(index, false)
  const rule = (names: string) => `${flagOf.class} must be a class of ${datasetTitle({ name })}: 0 to ${classNames.length - 1},${names} or all; got '${given}'.`
  if (classNames.every((called, i) => called === String(i))) throw new UsageError(rule(''))
  throw new UsageError(`${rule(` or one of ${classNames.join(', ')},`)} Nearest: ${nearestName(given, [...classNames, 'all'])}.`)
}
