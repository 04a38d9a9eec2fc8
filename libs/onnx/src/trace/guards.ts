import { engine, Variable } from '@tensorflow/tfjs-core'
import { TraceError } from '../errors'

/** What watches over a traced function. */
export interface Guards {
  /** @throws TraceError where the function has made variables. */
  checkVariables(): void
  /** Puts everything back as it was, also what a function left behind that threw. */
  lower(): void
}

/** Puts refusals in the place of what a traced function must not do: draw random numbers, write to variables or make them. */
export function raiseGuards(): Guards {
  const { random } = Math
  const { assign } = Variable.prototype
  Math.random = refuseRandom
  Variable.prototype.assign = refuseAssign
  const before = new Set(Object.keys(engine().registeredVariables))
  const strayVariables = () => Object.values(engine().registeredVariables).filter(({ name }) => !before.has(name))
  return {
    checkVariables() {
      const names = strayVariables().map(({ name }) => `'${name}'`)
      if (names.length > 0) throw new TraceError(`A traced function must not make variables; it made ${names.join(', ')}. Make them outside, and hand in their values as inputs.`)
    },
    lower() {
      Math.random = random
      Variable.prototype.assign = assign
      strayVariables().forEach((variable) => variable.dispose())
      dropUnfinishedTape()
    },
  }
}

function refuseRandom(): number {
  throw new TraceError(
    'A traced function must not draw random numbers (randomNormal, dropout, Math.random): they would be drawn once and be constants from then on. ' +
      'Draw them outside, with a seed and a counter, and hand them in as an input.',
  )
}

function refuseAssign(this: Variable): void {
  throw new TraceError(
    `A traced function must not write to variables: it would do so once, while it is traced, and never again; it assigned to '${this.name}'. ` +
      'Return the new value as an output, and assign it outside.',
  )
}

/** Where a gradient threw, TensorFlow.js keeps what it saved for it until the next one, and then forgets it undisposed. */
function dropUnfinishedTape(): void {
  const { state } = engine()
  if (state.gradientDepth > 0) return // somebody's outer gradient is under way
  const unfinished = state.activeTape as typeof state.activeTape | null | undefined
  unfinished?.forEach(({ saved }) => saved?.forEach((tensor) => tensor.dispose()))
  Object.assign(state, { activeTape: null })
}
