import type * as files from 'node:fs/promises'
import type * as os from 'node:os'
import type * as urls from 'node:url'
import type * as threads from 'node:worker_threads'

interface NodeModules {
  readonly 'node:fs/promises': typeof files
  readonly 'node:os': typeof os
  readonly 'node:url': typeof urls
  readonly 'node:worker_threads': typeof threads
}

/**
 * A module of Node's where this is Node, else nothing. It is asked for when it is needed and not imported, so that the library loads in
 * browsers and their bundlers find nothing that they would have to be told what to do with.
 */
export function nodeModule<Name extends keyof NodeModules>(name: Name): NodeModules[Name] | undefined {
  return globalThis.process?.getBuiltinModule?.(name) as NodeModules[Name] | undefined
}
