import { UsageError } from './errors'
import { flagOf } from './options'

/**
 * Refuses `npm start --resume`: without `--` before them npm takes the options for its own, and the program, which would see none,
 * would run with the defaults into the default folder.
 *
 * @param env - the environment, in which npm says which script it runs and which options it took.
 * @throws {UsageError} naming the options, and how to give them.
 */
export function checkOptionsKeptByNpm(env: NodeJS.ProcessEnv): void {
  if (env['npm_lifecycle_event'] !== 'start') return
  const kept = Object.values(flagOf).filter((flag) => env[`npm_config_${flag.slice(2).replaceAll('-', '_')}`] !== undefined)
  if (kept.length > 0) throw new UsageError(`options must stand behind \`--\`, or npm takes them for its own; got npm start ${kept.join(' ')}. Write npm start -- ${kept.join(' ')} …`)
}
