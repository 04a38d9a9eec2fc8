/** The SDE that a network was trained for, as its file records it. */
export type StoredSde =
  | { readonly kind: 'vpSde'; readonly betaMin: number; readonly betaMax: number }
  | { readonly kind: 'discreteDdpm'; readonly steps: number; readonly betaStart: number; readonly betaEnd: number }

/**
 * Reads the record.
 *
 * @returns undefined for an SDE of another kind
 */
export function storedSde({ kind, ...rest }: Readonly<Record<string, unknown>>): StoredSde | undefined {
  const has = <Name extends string>(...names: readonly Name[]): Record<Name, number> | undefined =>
    names.every((name) => typeof rest[name] === 'number') ? (rest as Record<Name, number>) : undefined
  if (kind === 'vpSde') {
    const found = has('betaMin', 'betaMax')
    return found && { kind, betaMin: found.betaMin, betaMax: found.betaMax }
  }
  if (kind !== 'discreteDdpm') return undefined
  const found = has('steps', 'betaStart', 'betaEnd')
  return found && { kind, steps: found.steps, betaStart: found.betaStart, betaEnd: found.betaEnd }
}
