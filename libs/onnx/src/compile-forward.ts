import { clone, dispose, type Tensor } from '@tensorflow/tfjs-core'
import { compileWithConstants, type Compiled } from './compile'
import { chooseEngine, type CompileOptions } from './engine-choice'
import { bindParameters, parameterPrefix, type ForwardFunction } from './forward-function'
import type { InputForms } from './host-forms'

/**
 * Compiles a function of parameters and inputs with the parameters bound: they become constants of the graph, which
 * onnxruntime lays out once for its fastest convolutions. For sampling with a trained network; after more training compile anew.
 *
 * @param forward - pure, as `compile` wants it
 * @param params - the parameters by name; read when this is called, borrowed only until it resolves
 * @param examples - inputs, or their forms, for which it is traced before this resolves. @defaultValue none
 * @param options - engine, device and threads
 * @returns the compiled function of the inputs; close it at the end
 * @throws what `compile` throws
 */
export async function compileForward(
  forward: ForwardFunction, params: Readonly<Record<string, Tensor>>, examples?: InputForms, options: CompileOptions = {},
): Promise<Compiled> {
  const { engine } = await chooseEngine(options)
  if (engine === 'eager') {
    const kept = Object.fromEntries(Object.entries(params).map(([name, value]) => [name, clone(value)]))
    const compiled = await compileWithConstants((_, inputs) => forward(kept, inputs), {}, examples, options).catch((error: unknown) => {
      dispose(kept)
      throw error
    })
    return Object.freeze<Compiled>({
      ...compiled,
      async close() {
        await compiled.close()
        dispose(kept)
      },
    })
  }
  return compileWithConstants(forward, await bindParameters(params, (name) => parameterPrefix + name), examples, options)
}
