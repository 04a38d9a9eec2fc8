/**
 * Times variants against each other in one process: in every round each variant runs once per slot, one after the other,
 * so that a slow moment of the machine meets all of them.
 *
 * @param {Record<string, () => void>} variants synchronous pieces of work
 * @param {{ rounds?: number, slotMs?: number, before?: Record<string, () => void> }} options
 * @returns {Record<string, number>} median milliseconds of one call, per variant
 */
export function alternate(variants, { rounds = 9, slotMs = 20, before = {} } = {}) {
  const names = Object.keys(variants)
  const repetitions = Object.fromEntries(
    names.map((name) => {
      before[name]?.()
      variants[name]() // warm-up
      const start = performance.now()
      variants[name]()
      return [name, Math.max(1, Math.round(slotMs / (performance.now() - start)))]
    }),
  )
  const times = Object.fromEntries(names.map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      before[name]?.()
      variants[name]()
      const start = performance.now()
      for (let i = 0; i < repetitions[name]; i++) variants[name]()
      times[name].push((performance.now() - start) / repetitions[name])
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])]))
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
