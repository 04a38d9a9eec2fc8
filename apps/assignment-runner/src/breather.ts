/**
 * Returns to the event loop now and then, so that signals and timers are seen: on the processor's own backends a loop
 * of awaits alone never does.
 *
 * @param interval - milliseconds of work between two breaths
 */
export function breather(interval = 50): () => Promise<void> {
  let last = performance.now()
  return async () => {
    if (performance.now() - last < interval) return
    await new Promise((resolve) => setImmediate(resolve))
    last = performance.now()
  }
}
