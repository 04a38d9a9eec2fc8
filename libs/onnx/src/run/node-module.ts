interface NodeModules {
  readonly 'node:fs/promises': typeof import('node:fs/promises')
  readonly 'node:os': typeof import('node:os')
  readonly 'node:url': typeof import('node:url')
  readonly 'node:worker_threads': typeof import('node:worker_threads')
}

/**
 * A module of Node's where this is Node, else nothing. It is asked for when it is needed and not imported, so that the library loads in
 * browsers and their bundlers find nothing that they would have to be told what to do with.
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as NodeModules[Name] | undefined
}
