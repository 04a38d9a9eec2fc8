/** Functions of Node's `util` that Node 23 took away and tfjs-node 4.22, the last one, still calls. */
const removed = {
  isArray: Array.isArray,
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
}

/**
 * Puts back into Node's module `util` what tfjs-node calls there, where it is missing.
 *
 * @param util - the module; for tests
 * @returns how to take away again what was put there
 */
export function restoreUtil(util: object | undefined = (globalThis as { readonly process?: NodeJS.Process }).process?.getBuiltinModule?.('node:util')): () => void {
  if (util === undefined) return () => undefined
  const missing = Object.entries(removed).filter(([name]) => !(name in util))
  for (const [name, value] of missing) Object.defineProperty(util, name, { value, configurable: true, writable: true })
  return () => missing.forEach(([name]) => Reflect.deleteProperty(util, name))
}
