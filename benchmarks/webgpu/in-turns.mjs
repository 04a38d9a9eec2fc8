/** Middle and ends of what was measured. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return { median: sorted[Math.floor(sorted.length / 2)], least: sorted[0], most: sorted[sorted.length - 1], values }
}

/**
 * Lets runners take turns, round after round, after one turn each in which things are compiled. One that fails is out, with its reason; the others go on.
 *
 * @param {Readonly<Record<string, () => Promise<number>>>} runners - each makes its steps and gives milliseconds per step
 * @param {number} rounds
 * @returns milliseconds by runner: first turn, and those after it, or the error
 */
export async function inTurns(runners, rounds) {
  const outcomes = Object.fromEntries(Object.keys(runners).map((name) => [name, { first: NaN, milliseconds: [] }]))
  for (let round = 0; round <= rounds; round++) {
    for (const [name, turn] of Object.entries(runners)) {
      const outcome = outcomes[name]
      if (outcome.error !== undefined) continue
      try {
        const milliseconds = await turn()
        if (round === 0) outcome.first = milliseconds
        else outcome.milliseconds.push(milliseconds)
      } catch (error) {
        outcome.error = error instanceof Error ? error.message : String(error)
      }
    }
  }
  return outcomes
}
