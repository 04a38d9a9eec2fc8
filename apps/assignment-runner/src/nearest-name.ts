import { distance } from 'fastest-levenshtein'

/**
 * The valid name that was most likely meant: the shortest of those that begin as the given one does, else of those that hold it,
 * else the one that needs the fewest edits. Upper and lower case count as equal.
 *
 * @param names - the valid names, at least one.
 */
export function nearestName(given: string, names: readonly string[]): string {
  const wanted = given.toLowerCase()
  const longer = names.filter((name) => name.toLowerCase().startsWith(wanted))
  const edits = (name: string) => distance(wanted, name.toLowerCase())
  const around = names.filter((name) => name.toLowerCase().includes(wanted))
  return ([longer, around].find(({ length }) => length > 0) ?? names).reduce((best, name) => (edits(name) < edits(best) ? name : best))
}
