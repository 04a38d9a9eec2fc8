import fs from 'node:fs'
import { join } from 'node:path'
import { atomicWrite } from '../atomic-write'
import type { JudgeFiles } from './open-judges'

/** Where judges lie in OUT: beside the parts, since all parts of a run are measured by the same ones. */
const folderName = 'judges'

/**
 * Files in OUT/judges, each written whole or not at all.
 *
 * @param out - the folder of the outputs
 */
export function judgeFilesIn(out: string): JudgeFiles {
  return {
    read(name) {
      const path = join(out, folderName, name)
      return fs.existsSync(path) ? fs.readFileSync(path) : undefined
    },
    write: (name, bytes) => atomicWrite(join(out, folderName, name), bytes, `${folderName}/${name}`),
  }
}
