/**
 * The names under which engines are known: `auto` picks one. Which of them this version can open stands in {@link availableEngines};
 * `onnx` and `onnx-webgpu`, which are no backends but run beside any, get an error that says so.
 */
export const engineNames = ['auto', 'onnx', 'webgpu', 'onnx-webgpu', 'node-gpu', 'node', 'wasm', 'cpu'] as const

/** One of {@link engineNames}. */
export type EngineName = (typeof engineNames)[number]

/** The engines that this version can open, if the user has installed what they need. */
export const availableEngines = ['webgpu', 'node-gpu', 'node', 'wasm', 'cpu'] as const

/** One of {@link availableEngines}: what an open {@link Backend} runs on. */
export type AvailableEngine = (typeof availableEngines)[number]

/**
 * Checks a name given by a person.
 *
 * @returns the name, typed.
 * @throws {RangeError} for an unknown name; the message lists the valid ones and suggests the nearest.
 */
export function parseEngineName(name: string): EngineName {
  const known = engineNames.find((engine) => engine === name)
  if (known !== undefined) return known
  const nearest = engineNames
    .map((engine) => ({ engine, distance: distance(name.toLowerCase(), engine) }))
    .reduce((best, candidate) => (candidate.distance < best.distance ? candidate : best))
  throw new RangeError(
    `engine must be one of ${engineNames.join(', ')}; got ${JSON.stringify(name)}. Did you mean '${nearest.engine}'?`,
  )
}

/** How far a word is from a name; a part of a name, such as 'gpu' of 'webgpu', is nearer than any misspelling. */
const distance = (word: string, name: string) =>
  word.length > 2 && name.includes(word) ? 0 : editDistance(word, name)

/** Levenshtein distance: the fewest insertions, deletions and replacements of a letter that turn one word into the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (const [row, letter] of [...from].entries()) {
    const current = [row + 1]
    for (const [column, other] of [...to].entries()) {
      const replaced = (previous[column] ?? 0) + (letter === other ? 0 : 1)
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1))
    }
    previous = current
  }
  return previous.at(-1) ?? 0
}
