import fs from 'node:fs/promises'
import { writeAtomically } from './atomic-write'
import { CheckpointError, fileSystemCause } from './checkpoint-error'
import { decodeSafetensors, encodeSafetensors, type SafetensorsContent } from './safetensors'

/**
 * Writes weights by their plain names into a safetensors file, whole or not at all: what a finished model is handed on as. A kill leaves at
 * most a `.partial` beside it, which may be removed.
 *
 * @param path - the file; its folder is made where it is missing
 * @param content - such as the arrays of `parametersToHost` or a state's `average`, with text that says what they are
 * @throws CheckpointError naming the file where it cannot be written; ShapeError or InvalidArgumentError as `encodeSafetensors` does.
 */
export const writeWeights = async (path: string, content: SafetensorsContent): Promise<void> => writeAtomically(path, encodeSafetensors(content))

/**
 * Reads a safetensors file of float32 tensors, of this or another program.
 *
 * @param path - the file
 * @throws CheckpointError naming a file that is missing, cut off, damaged, or holds other types of numbers.
 */
export async function readWeights(path: string): Promise<SafetensorsContent> {
  try {
    return decodeSafetensors(await fs.readFile(path))
  } catch (error) {
    throw new CheckpointError(path, `cannot be read: ${fileSystemCause(error).replace(/\.$/, '')}. Remove it to have it made anew, or give another file.`, error)
  }
}
