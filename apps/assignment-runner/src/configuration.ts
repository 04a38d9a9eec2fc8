import { samplingOptions, type PartOption, type Profile, type RunOptions } from './options'
import type { Part } from './part'

/** What decides a part's numbers, apart from versions: two parts with the same configuration give the same result. */
export type PartConfiguration = Readonly<Record<string, string | number | null>>

/** The choices of a run after `auto` was decided. */
export interface Resolved {
  readonly options: RunOptions
  readonly profile: Profile
  readonly engine: string
  /** Threads of an engine whose last digits depend on their number. */
  readonly threads?: number | undefined
  /** The data set's name, where a part of the run reads one; `auto` decided. */
  readonly dataset?: string | undefined
}

/**
 * The configuration of a part: seed, profile, engine, its threads where bits depend on them, and the options that it {@link Part.reads}; but not the folder that the
 * data came from, since contents are the same wherever they lie.
 */
export function configurationOf(part: Pick<Part, 'reads'>, { options, profile, engine, threads, dataset }: Resolved): PartConfiguration {
  const reads = (part.reads ?? [])
    .filter((option) => option !== 'dataDir')
    .map((option) => [option, option === 'dataset' && dataset !== undefined ? dataset : recorded(option, options)] as const)
  return { seed: options.seed, profile, engine, ...(threads !== undefined && { threads }), ...Object.fromEntries(reads) }
}

/** An option as the outputs record it; of the data's folder, a path of the machine, only whether it was given. */
export function recorded(option: PartOption, options: RunOptions): string | number | null {
  if (option === 'dataDir') return options.dataDir === undefined ? null : 'given'
  if (option === 'gammas') return options.gammas.join(',')
  if (option === 'inpainting') return options.inpainting ? 'given' : null
  return options[option] ?? null
}

/**
 * The first key whose value differs, or `undefined` where the two are the same. An option that was not given is one that is not recorded; but
 * threads that are not recorded may be any: earlier versions did not record them.
 */
export function firstDifference(a: PartConfiguration, b: PartConfiguration): string | undefined {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  if (a['threads'] === undefined || b['threads'] === undefined) keys.delete('threads')
  return [...keys].find((key) => (a[key] ?? null) !== (b[key] ?? null))
}

/** The same without what has no bearing on trained models: how they are sampled. */
export const withoutSampling = (configuration: PartConfiguration): PartConfiguration =>
  Object.fromEntries(Object.entries(configuration).filter(([key]) => !samplingOptions.some((option) => option === key)))
