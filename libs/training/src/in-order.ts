/**
 * Carries out asynchronous actions one after the other, in the order in which they come: at once, before it returns, where none is under
 * way; else when those before it have settled, whatever came of them.
 *
 * @returns takes an action, gives what comes of it
 */
export function inOrder(): <T>(action: () => Promise<T>) => Promise<T> {
  let last: Promise<void> | undefined
  return (action) => {
    const outcome = last === undefined ? action() : last.then(action)
    const settled = outcome.then(done, done)
    function done(): void {
      if (last === settled) last = undefined
    }
    last = settled
    return outcome
  }
}
